/**
 * Keeps the table `people` equal to the directory.
 *
 *   hint ──► wanted + 1 ─┐
 *   every 30 s ──────────┼─► the replica that holds the lease reads what changed since the cursor (with an overlap),
 *   start, every hour ───┘   or everybody (full), saves each page, then moves the cursor and sets served = wanted
 *
 * A hint is counted in the database before anything is fetched. If the process dies, or another replica is reading just
 * then, `served < wanted` makes the next holder of the lease read again.
 */
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import type { DirectoryClient } from './directory-client.ts'
import { type BrokenUser, type DirectoryUser, readDirectoryUser } from './directory-user.ts'
import { activePeopleExcept, inactiveAmong, savePeople } from './people-store.ts'
import type { PeopleTables } from './tables.ts'

// Changes that the directory committed late, or stamped by a clock slightly behind, are read once more.
const overlap = 120_000
const fullEvery = 3_600_000

export type SyncDeps = { db: Kysely<PeopleTables>; directory: DirectoryClient; log: Logger }

/** Counts a hint; `everybody` makes the next synchronisation a full one. Returns the number that `served` must reach. */
export async function requestSync(db: Kysely<PeopleTables>, everybody: boolean): Promise<number> {
  const { rows } = await sql<{ wanted: number }>`
    update people_sync set wanted = wanted + 1, full_at = case when ${everybody} then null else full_at end returning wanted`.execute(
    db,
  )
  return rows[0]?.wanted ?? 0
}

/** Whether a synchronisation that began after hint number `wanted` has ended. */
export async function isServed(db: Kysely<PeopleTables>, wanted: number): Promise<boolean> {
  const { rows } = await sql<{ served: number }>`select served from people_sync`.execute(db)
  return (rows[0]?.served ?? 0) >= wanted
}

/**
 * Reads the directory once. Call under the lease.
 * @returns ids of the people who changed
 * @throws DirectoryError, UpstreamError when the directory or its token cannot be had; what was saved stays
 */
export async function synchronise(deps: SyncDeps, options: { full: boolean }): Promise<string[]> {
  const { db, directory } = deps
  const before = await sql<{ cursor: Date | null; full_at: Date | null; wanted: number }>`
    select cursor, full_at, wanted from people_sync`.execute(db)
  const { cursor = null, full_at: fullAt = null, wanted = 0 } = before.rows[0] ?? {}
  const full = options.full || cursor === null || fullAt === null || Date.now() - fullAt.getTime() > fullEvery
  const seen = new Set<string>()
  const changed: string[] = []
  let newest = cursor
  try {
    for await (const page of directory.users(full ? null : new Date(cursor.getTime() - overlap))) {
      const { users, broken } = readPage(page, deps.log)
      for (const user of users) {
        seen.add(user.person.id)
        if (newest === null || user.modifiedAt > newest) newest = user.modifiedAt
      }
      for (const entry of broken) if (entry.id !== undefined) seen.add(entry.id)
      changed.push(...(await savePeople(db, users, inactiveAmong(broken))))
    }
    if (full) changed.push(...(await reconcileMissing(deps, seen)))
  } catch (error) {
    await sql`update people_sync set failed_at = clock_timestamp(), error = ${(error as Error).message}`.execute(db)
    throw error
  }
  // A hint that asked for everybody in the meantime must stay outstanding: full_at is only set if it was not reset since.
  await sql`
    update people_sync set cursor = ${newest}, ok_at = clock_timestamp(), error = null, served = greatest(served, ${wanted}),
      full_at = case when ${full} and wanted = ${wanted} then clock_timestamp() else full_at end`.execute(db)
  return changed
}

/** Reads a few people by id, because a hint named them. @returns ids of those who changed */
export async function synchronisePeople(deps: SyncDeps, ids: readonly string[]): Promise<string[]> {
  const found: unknown[] = []
  const gone: string[] = []
  for (const id of ids) {
    const resource = await deps.directory.user(id)
    if (resource === undefined) gone.push(id)
    else found.push(resource)
  }
  const { users, broken } = readPage(found, deps.log)
  return await savePeople(deps.db, users, [...gone, ...inactiveAmong(broken)])
}

// Somebody who slid between two pages while they were read is not gone: each missing one is asked for by name.
async function reconcileMissing(deps: SyncDeps, seen: ReadonlySet<string>): Promise<string[]> {
  const missing = await activePeopleExcept(deps.db, [...seen])
  if (missing.length > 0 && seen.size === 0) {
    deps.log.error({ people: missing.length }, 'the directory is empty; nobody is locked out for that')
    return []
  }
  return await synchronisePeople(deps, missing)
}

function readPage(resources: readonly unknown[], log: Logger): { users: DirectoryUser[]; broken: BrokenUser[] } {
  const users: DirectoryUser[] = []
  const broken: BrokenUser[] = []
  for (const resource of resources) {
    const result = readDirectoryUser(resource)
    if (result.ok) users.push(result.user)
    else {
      broken.push(result.broken)
      log.error(
        { id: result.broken.id, fault: result.broken.fault },
        'an entry of the directory breaks the schema and is left out',
      )
    }
  }
  return { users, broken }
}
