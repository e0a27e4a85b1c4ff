import { Problem } from '@atrium/platform/problem'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Text } from '../oidc/tables.ts'
import { type FactorKind, readSignInPolicy, type SignInPolicy } from '../sign-in/policy.ts'

/** A person's own account at a glance. */
export type Profile = {
  id: string
  username: string
  name: Text
  email: string
  phone: string | null
  locale: string | null
  department: { id: string; name: Text }
  position: Text
  lastSignIn: Date | null
  password: { changedAt: Date | null; expiresAt: Date | null; minLength: number; history: number }
  factors: { totp: number; passkeys: number; recoveryCodesLeft: number }
  offered: FactorKind[]
  required: FactorKind[]
  passkeyAlone: boolean
}

type Row = Omit<Profile, 'password' | 'offered' | 'required' | 'passkeyAlone'> & {
  changedAt: Date | null
  roles: string[]
}

/** @throws Problem 404 when nobody has this id */
export async function readProfile(db: Kysely<Schema>, personId: string): Promise<Profile> {
  const { policy } = await readSignInPolicy(db)
  const { rows } = await sql<Row>`
    select p.id, p.username, p.name, p.email, p.phone, p.locale, p.position,
      case when p.password_hash is not null then coalesce(p.password_changed_at, p.created_at) end as "changedAt",
      jsonb_build_object('id', d.id, 'name', d.name) as department,
      coalesce(x.shown->'urn:atrium:scim:native'->'businessRoles', '[]') as roles,
      (select e.at from audit_entry e where e.action = 'sign_in.succeeded' and e.actor->>'id' = p.id order by e.id desc limit 1) as "lastSignIn",
      jsonb_build_object(
        'totp', (select count(*) from factor f where f.person_id = p.id and f.kind = 'totp'),
        'passkeys', (select count(*) from factor f where f.person_id = p.id and f.kind = 'passkey'),
        'recoveryCodesLeft', (select count(*) from recovery_code c where c.person_id = p.id and c.used_at is null)) as factors
    from person p join department d on d.id = p.department_id left join person_projection x on x.person_id = p.id
    where p.id = ${personId}`.execute(db)
  const row = rows[0]
  if (!row)
    throw new Problem(404, 'unknown_person', {
      zh: `没有工号为“${personId}”的人`,
      en: `There is nobody with the employee id "${personId}"`,
    })
  const { changedAt, roles, ...rest } = row
  return {
    ...rest,
    password: {
      changedAt,
      expiresAt: passwordExpiry(policy, changedAt),
      minLength: policy.password.minLength,
      history: policy.password.history,
    },
    offered: policy.secondFactor.offered,
    required: kindsRequired(policy, roles),
    passkeyAlone: policy.passkeyAlone,
  }
}

/** When a password of this age has to be changed; null = never. */
export function passwordExpiry(policy: SignInPolicy, changedAt: Date | null): Date | null {
  const { maxAgeDays } = policy.password
  return changedAt && maxAgeDays > 0 ? new Date(changedAt.getTime() + maxAgeDays * 86_400_000) : null
}

/** The kinds of which the holder of these roles must have one; none = no factor is required. */
export function kindsRequired(policy: SignInPolicy, roles: string[]): FactorKind[] {
  const asked = policy.secondFactor.roles.filter(one => roles.includes(one.role))
  return [...new Set(asked.flatMap(one => one.kinds))]
}
