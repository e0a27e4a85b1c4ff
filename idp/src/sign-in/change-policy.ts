import { audit } from '@atrium/platform/audit'
import { now } from '@atrium/platform/clock'
import { Problem } from '@atrium/platform/problem'
import { sha256 } from '@atrium/platform/secrets'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Actor } from '../directory/tables.ts'
import { parsePolicy, type SignInPolicy } from './policy.ts'
import { type PolicyFault, policyFaults } from './policy-faults.ts'

/** The policy in force, with who made it and whom it asks for something they do not have yet. */
export type PolicyInForce = {
  revision: number
  policy: SignInPolicy
  updatedAt: Date
  updatedBy: Actor | null
  affected: Affected
}

/**
 * Active people of whom the next sign-in asks something: to set up a factor that one of their roles must have, to change a
 * password that is too old.
 */
export type Affected = { withoutFactor: number; passwordTooOld: number }

type Db = Kysely<Schema>

/** The policy of this moment. */
export async function readPolicyInForce(db: Db): Promise<PolicyInForce> {
  const row = await db.selectFrom('sign_in_policy').selectAll().executeTakeFirstOrThrow()
  const policy = parsePolicy(row.policy)
  return {
    revision: row.revision,
    policy,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
    affected: await countAffected(db, policy),
  }
}

/** Whom a policy would ask for something, were it in force now. */
export async function countAffected(db: Db, policy: SignInPolicy): Promise<Affected> {
  const { maxAgeDays } = policy.password
  const oldest = new Date(now().getTime() - maxAgeDays * 86_400_000)
  const { rows } = await sql<Affected>`
    select
      (select count(*) from person p join person_projection x on x.person_id = p.id
        where p.active and exists (
          select from jsonb_array_elements(${JSON.stringify(policy.secondFactor.roles)}::jsonb) r
          where x.shown->'urn:atrium:scim:native'->'businessRoles' ? (r->>'role')
            and not exists (select from factor f where f.person_id = p.id and r->'kinds' ? f.kind))) as "withoutFactor",
      (select count(*) from person p
        where ${maxAgeDays > 0} and p.active and p.password_hash is not null
          and coalesce(p.password_changed_at, p.created_at) < ${oldest}) as "passwordTooOld"`.execute(db)
  return rows[0]!
}

/**
 * Puts a policy in force.
 * @param o `revision` is the one the caller saw; none = whatever it is
 * @throws Problem 412 `policy_changed` when somebody else changed it since, 422 `policy_refused` with `faults`
 */
export async function changePolicy(
  db: Db,
  o: { policy: SignInPolicy; revision: number | undefined; actor: Actor; ip: string; issuer: string },
): Promise<PolicyInForce> {
  return await db.transaction().execute(async (trx: Db) => {
    const row = await trx.selectFrom('sign_in_policy').selectAll().forUpdate().executeTakeFirstOrThrow()
    if (o.revision !== undefined && o.revision !== row.revision)
      throw new Problem(412, 'policy_changed', {
        zh: '登录策略已被别人修改，请重新读取后再改',
        en: 'The sign-in policy was changed by somebody else: read it again first',
      })
    refuseFaults(await policyFaults(trx, o.policy, o.issuer))
    await trx
      .updateTable('sign_in_policy')
      .set({
        policy: JSON.stringify(o.policy),
        revision: row.revision + 1,
        updated_at: sql`clock_timestamp()`,
        updated_by: JSON.stringify(o.actor),
      })
      .execute()
    await audit(trx, {
      actor: o.actor,
      action: 'sign_in_policy.changed',
      target: { type: 'sign_in_policy', id: String(row.revision + 1) },
      outcome: 'success',
      detail: { changes: differences(parsePolicy(row.policy), o.policy) },
      ip: o.ip,
    })
    return await readPolicyInForce(trx)
  })
}

function refuseFaults(faults: PolicyFault[]): void {
  if (faults.length === 0) return
  const all = (language: 'zh' | 'en', between: string) => faults.map(one => one.detail[language]).join(between)
  throw new Problem(422, 'policy_refused', { zh: all('zh', '；'), en: all('en', '; ') }, { faults })
}

/** What differs, by its place in the document. A logo is named by its hash: it may be large. */
function differences(before: SignInPolicy, after: SignInPolicy): { path: string; before: unknown; after: unknown }[] {
  const [old, fresh] = [leaves(before), leaves(after)]
  return [...fresh]
    .map(([path, value]) => ({ path, before: old.get(path), after: value }))
    .filter(one => JSON.stringify(one.before) !== JSON.stringify(one.after))
}

function leaves(value: object, prefix = '', into = new Map<string, unknown>()): Map<string, unknown> {
  for (const [key, inner] of Object.entries(value)) {
    const path = `${prefix}${key}`
    if (path === 'branding.logo') into.set(path, inner === null ? null : `sha256 ${sha256(String(inner))}`)
    else if (typeof inner === 'object' && inner !== null && !Array.isArray(inner) && path !== 'branding.name')
      leaves(inner, `${path}.`, into)
    else into.set(path, inner)
  }
  return into
}
