import { now } from '@atrium/platform/clock'
import type { Account } from '../../directory/accounts.ts'
import type { Person } from '../../oidc/person.ts'
import { type FactorKind, parsePolicy, type SignInPolicy } from '../policy.ts'

/** What decides how a person signs in, as one JSON value of the database. */
export type StandingRow = Account & {
  passwordChangedAt: string | null
  mustChange: boolean
  /** Kind and last use of each factor. */
  factors: { kind: FactorKind; used: string | null }[] | null
  recoveryCodes: number
  phone: string | null
  roles: string[] | null
  systems: Person['systems']
  policy: unknown
  /** When a second factor was last given in this browser. */
  factorAt: string | null
  /** Whether the person has signed in in this browser before. */
  knownDevice: boolean
}

/** The same with the policy read. */
export type Standing = Omit<StandingRow, 'policy' | 'factors'> & {
  policy: SignInPolicy
  factors: { kind: FactorKind; used: string | null }[]
}

/**
 * SQL for the standing of one person in one browser; null when there is no such person.
 * @param person the condition that finds the row `p`, and `device` the parameter that holds the hash of the browser's cookie
 */
export function standingSql(person: string, device: string): string {
  // The logo is of no use here and may be large.
  return `(select jsonb_build_object('id', p.id, 'username', p.username, 'name', p.name, 'email', p.email, 'phone', p.phone, 'locale', p.locale,
    'active', p.active, 'passwordHash', p.password_hash, 'mustChange', p.password_must_change,
    'passwordChangedAt', coalesce(p.password_changed_at, p.created_at),
    'factors', (select jsonb_agg(jsonb_build_object('kind', f.kind, 'used', f.last_used_at)) from factor f where f.person_id = p.id),
    'recoveryCodes', (select count(*) from recovery_code c where c.person_id = p.id and c.used_at is null),
    'roles', x.shown->'urn:atrium:scim:native'->'businessRoles', 'systems', x.shown->'urn:atrium:scim:native'->'systems',
    'policy', (select policy - 'branding' from sign_in_policy),
    'factorAt', d.factor_at, 'knownDevice', d.person_id is not null)
  from person p left join person_projection x on x.person_id = p.id
    left join known_device d on d.person_id = p.id and d.device_hash = ${device}
  where ${person})`
}

/** Reads a row. */
export function standingOf(row: StandingRow): Standing {
  return { ...row, policy: parsePolicy(row.policy), factors: row.factors ?? [] }
}

/** What tokens say of the same person. */
export function personOf({ id, username, name, email, phone, locale, active, roles, systems }: Standing): Person {
  return { id, username, name, email, phone, locale, active, roles, systems }
}

/** The groups of kinds of which the person's roles ask for one each. */
function requirements({ policy, roles }: Standing): FactorKind[][] {
  return policy.secondFactor.roles.filter(one => roles?.includes(one.role)).map(one => one.kinds)
}

/** The kinds a person may answer with, the one used last first: only those that satisfy the person's roles, if there are any. */
export function usableKinds(standing: Standing): FactorKind[] {
  const byUse = [...standing.factors].sort((a, b) => (b.used ?? '').localeCompare(a.used ?? ''))
  const held = [...new Set(byUse.map(one => one.kind))]
  const fit = held.filter(kind => requirements(standing).every(kinds => kinds.includes(kind)))
  return fit.length > 0 ? fit : held
}

/** The kinds of which the person must set one up before going on; none when the roles ask for nothing that is missing. */
export function missingKinds(standing: Standing): FactorKind[] {
  const held = standing.factors.map(one => one.kind)
  return requirements(standing).find(kinds => !kinds.some(kind => held.includes(kind))) ?? []
}

/** Whether this browser gave a second factor recently enough not to be asked again. */
export function isTrusted({ policy, factorAt }: Standing): boolean {
  const { askAgainDays } = policy.secondFactor
  return factorAt !== null && askAgainDays > 0 && age(factorAt) < askAgainDays
}

/** Whether the password has to be changed: an administrator wants it, or it is too old. */
export function passwordIsDue({ policy, mustChange, passwordChangedAt }: Standing): boolean {
  const { maxAgeDays } = policy.password
  return mustChange || (maxAgeDays > 0 && passwordChangedAt !== null && age(passwordChangedAt) > maxAgeDays)
}

/** Days since a moment. */
function age(moment: string): number {
  return (now().getTime() - Date.parse(moment)) / 86_400_000
}
