import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Deps } from '../deps.ts'
import type { Text } from '../oidc/tables.ts'
import type { DesiredAccount } from './plan.ts'
import { type HeldAccount, isFailure, listAccounts } from './scim-client.ts'
import { provisionedSystems, targetOf } from './targets.ts'

/** What differs between a system and the mapping. */
export type DriftKind =
  | 'unknown_account'
  | 'missing_account'
  | 'added_roles'
  | 'removed_roles'
  | 'activated'
  | 'deactivated'

export type Drift = {
  system: string
  nativeId: string
  kind: DriftKind
  person: { id: string; name: Text } | null
  expected: { roles: string[]; active: boolean } | null
  actual: { roles: string[]; active: boolean } | null
  firstSeen: Date
}

/** When each system was last compared, and what came in the way. */
export type DriftCheck = { system: string; checkedAt: Date; accounts: number; error: string | null }

type Known = { nativeId: string; personId: string; desired: DesiredAccount; state: string }
type Found = { nativeId: string; kind: DriftKind; personId: string | null; expected: unknown; actual: unknown }

/** What the last comparisons found. */
export async function readDrift(db: Kysely<Schema>): Promise<{ items: Drift[]; checks: DriftCheck[] }> {
  const { rows: items } = await sql<Drift>`
    select d.system, d.native_id as "nativeId", d.kind, d.expected, d.actual, d.first_seen as "firstSeen",
      case when p.id is not null then jsonb_build_object('id', p.id, 'name', p.name) end as person
    from drift d left join person p on p.id = d.person_id order by d.first_seen desc, d.system, d.native_id, d.kind limit 1000`.execute(
    db,
  )
  const { rows: checks } = await sql<DriftCheck>`
    select system, checked_at as "checkedAt", accounts, error from drift_check order by system`.execute(db)
  return { items, checks }
}

/** How many differences are known. */
export async function countDrift(db: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from drift`.execute(db)
  return rows[0]!.n
}

/** Compares every system with what was asked of it. One that does not answer keeps its last finding and says why. */
export async function compareAll(deps: Deps): Promise<void> {
  await Promise.all((await provisionedSystems(deps.db)).map(system => compareSystem(deps, system)))
}

/** Reads one system's accounts and stores how they differ. Nothing is written to the system. */
export async function compareSystem(deps: Deps, system: string): Promise<void> {
  const { db } = deps
  const target = await targetOf(deps, system)
  if (!target) return
  // Known before held: an account that is pushed in between would else look as if it had been given by hand.
  const { rows: known } = await sql<Known>`
    select native_id as "nativeId", person_id as "personId", desired, state from provisioning where system = ${system}`.execute(
    db,
  )
  const listed = await listAccounts(target)
  if (isFailure(listed)) {
    await sql`
      insert into drift_check (system, checked_at, accounts, error) values (${system}, clock_timestamp(), 0, ${listed.reason})
      on conflict (system) do update set error = excluded.error`.execute(db)
    return
  }
  await store(db, system, findDrift(known, listed.accounts), listed.accounts.length)
}

/** The differences between what was asked of a system and what it holds. Accounts on their way are no drift. */
export function findDrift(known: Known[], held: HeldAccount[]): Found[] {
  const accounts = new Map(held.map(account => [account.userName, account]))
  const ours = new Set(known.map(one => one.nativeId))
  const strangers = held
    .filter(account => !ours.has(account.userName) && account.active && account.roles.length > 0)
    .map(account => ({
      nativeId: account.userName,
      kind: 'unknown_account' as const,
      personId: null,
      expected: null,
      actual: shown(account),
    }))
  return [
    ...strangers,
    ...known.filter(one => one.state === 'done').flatMap(one => differences(one, accounts.get(one.nativeId))),
  ]
}

function differences({ nativeId, personId, desired }: Known, actual: HeldAccount | undefined): Found[] {
  const found = (kind: DriftKind): Found => ({
    nativeId,
    kind,
    personId,
    expected: shown(desired),
    actual: actual ? shown(actual) : null,
  })
  if (!actual) return desired.active ? [found('missing_account')] : []
  if (!desired.active) return actual.active ? [found('activated')] : []
  return [
    ...(actual.active ? [] : [found('deactivated')]),
    ...(actual.roles.some(role => !desired.roles.includes(role)) ? [found('added_roles')] : []),
    ...(desired.roles.some(role => !actual.roles.includes(role)) ? [found('removed_roles')] : []),
  ]
}

function shown({ roles, active }: { roles: string[]; active: boolean }): { roles: string[]; active: boolean } {
  return { roles, active }
}

async function store(db: Kysely<Schema>, system: string, found: Found[], accounts: number): Promise<void> {
  await db.transaction().execute(async trx => {
    const recordset = sql`jsonb_to_recordset(${JSON.stringify(found)}::jsonb) as f("nativeId" text, kind text, "personId" text, expected jsonb, actual jsonb)`
    // Two comparisons at once would each insert what the other found.
    await sql`select pg_advisory_xact_lock(hashtext('drift'), hashtext(${system}))`.execute(trx)
    await sql`
      delete from drift d where system = ${system}
        and not exists (select 1 from (select * from ${recordset}) f where f."nativeId" = d.native_id and f.kind = d.kind)`.execute(
      trx,
    )
    await sql`
      insert into drift (system, native_id, kind, person_id, expected, actual)
      select ${system}, "nativeId", kind, "personId", coalesce(expected, 'null'), coalesce(actual, 'null') from ${recordset}
      on conflict (system, native_id, kind) do update set expected = excluded.expected, actual = excluded.actual, person_id = excluded.person_id`.execute(
      trx,
    )
    await sql`
      insert into drift_check (system, checked_at, accounts) values (${system}, clock_timestamp(), ${accounts})
      on conflict (system) do update set checked_at = excluded.checked_at, accounts = excluded.accounts, error = null`.execute(
      trx,
    )
  })
}
