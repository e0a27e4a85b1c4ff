import { type Kysely, sql } from 'kysely'
import type { Author, PublishingTables } from './tables.ts'

/** What a revision says of a system that is not as systems.yaml has it. */
export type Published = { state: 'yaml'; yaml: string; revision: number } | { state: 'removed'; revision: number }

/** Everything that was published, as of one revision, by system. */
export type Overlay = ReadonlyMap<string, Published>

export type Change = { system: string; state: 'yaml' | 'removed' | 'file'; yaml: string | null }

export interface Revision {
  number: number
  at: Date
  author: Author
  comment: string
  rolledBackTo: number | null
  changes: { system: string; before: string | null; after: string | null }[]
}

/** Somebody published since the author looked. */
export class RevisionConflict extends Error {
  readonly code = 'REVISION_CONFLICT'
}

export const publishingChannel = 'system_revision'

/** 0 when nothing was ever published. */
export async function latestRevision(db: Kysely<PublishingTables>): Promise<number> {
  const row = await db
    .selectFrom('system_revision')
    .select(({ fn }) => fn.max('number').as('number'))
    .executeTakeFirst()
  return row?.number ?? 0
}

export async function overlayAt(db: Kysely<PublishingTables>, revision: number): Promise<Map<string, Published>> {
  const { rows } = await sql<{ system: string; state: string; yaml: string | null; revision: number }>`
    select distinct on (system) system, state, yaml, revision from system_revision_entry
    where revision <= ${revision} order by system, revision desc`.execute(db)
  return new Map(
    rows.flatMap(({ system, state, yaml, revision: number }): [string, Published][] => {
      if (state === 'yaml') return [[system, { state, yaml: yaml ?? '', revision: number }]]
      return state === 'removed' ? [[system, { state, revision: number }]] : []
    }),
  )
}

/**
 * Writes the revision after `expected`, and tells every gateway.
 * @throws RevisionConflict when it is there already
 */
export async function writeRevision(
  trx: Kysely<PublishingTables>,
  revision: {
    expected: number
    author: Author
    comment: string
    rolledBackTo: number | null
    changes: readonly Change[]
  },
): Promise<number> {
  const { expected, author, comment, rolledBackTo, changes } = revision
  const number = expected + 1
  const latest = await latestRevision(trx)
  if (latest !== expected) throw new RevisionConflict(`revision ${latest} was published since ${expected}`)
  const written = await trx
    .insertInto('system_revision')
    .values({ number, author: JSON.stringify(author), comment, rolled_back_to: rolledBackTo })
    .onConflict(conflict => conflict.column('number').doNothing())
    .returning('number')
    .executeTakeFirst()
  if (!written) throw new RevisionConflict(`revision ${number} was published meanwhile`)
  if (changes.length > 0)
    await trx
      .insertInto('system_revision_entry')
      .values(changes.map(change => ({ revision: number, ...change })))
      .execute()
  await sql`select pg_notify(${publishingChannel}, ${String(number)})`.execute(trx)
  return number
}

/**
 * The newest revisions, newest first, with what each changed.
 * @param base the text of a system in systems.yaml
 */
export async function readRevisions(
  db: Kysely<PublishingTables>,
  search: { system?: string | undefined; first: number; before?: number | undefined },
  base: (system: string) => string | null,
): Promise<Revision[]> {
  const { system, first, before } = search
  const rows = await db
    .selectFrom('system_revision')
    .selectAll()
    .$if(before !== undefined, query => query.where('number', '<', before as number))
    .$if(system !== undefined, query =>
      query.where('number', 'in', one =>
        one
          .selectFrom('system_revision_entry')
          .select('revision')
          .where('system', '=', system as string),
      ),
    )
    .orderBy('number', 'desc')
    .limit(first)
    .execute()
  if (rows.length === 0) return []
  const numbers = rows.map(row => row.number)
  const { rows: entries } = await sql<{
    revision: number
    system: string
    state: string
    yaml: string | null
    before_state: string | null
    before_yaml: string | null
  }>`
    select e.revision, e.system, e.state, e.yaml, b.state as before_state, b.yaml as before_yaml
    from system_revision_entry e
    left join lateral (
      select state, yaml from system_revision_entry
      where system = e.system and revision < e.revision order by revision desc limit 1
    ) b on true
    where e.revision in (${sql.join(numbers)}) order by e.system`.execute(db)
  const text = (id: string, state: string | null, yaml: string | null): string | null =>
    state === 'yaml' ? yaml : state === 'removed' ? null : base(id)
  return rows.map(row => ({
    number: row.number,
    at: row.at,
    author: row.author,
    comment: row.comment,
    rolledBackTo: row.rolled_back_to,
    changes: entries
      .filter(entry => entry.revision === row.number && (system === undefined || entry.system === system))
      .map(entry => ({
        system: entry.system,
        before: text(entry.system, entry.before_state, entry.before_yaml),
        after: text(entry.system, entry.state, entry.yaml),
      })),
  }))
}
