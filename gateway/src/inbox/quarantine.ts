import { audit } from '@atrium/platform/audit'
import { type Kysely, sql } from 'kysely'
import type { CloudEvent } from './cloudevent.ts'
import { planEvent, type Rules } from './rules/plan.ts'
import type { InboxTables, Text } from './tables.ts'
import type { Taker } from './take.ts'

/** Held events that are equal in source, kind and fault, shown as one. */
export interface QuarantineGroup {
  id: string
  source: string
  type: string
  code: string
  receivedAt: Date
  reason: Text
  count: number
  /** the newest event as it came */
  body: unknown
}

/** The groups in quarantine, newest first. */
export async function listQuarantine(
  db: Kysely<InboxTables>,
  first: number,
  after?: string | null,
): Promise<{ groups: QuarantineGroup[]; total: number; hasNextPage: boolean }> {
  const offset = after ? Number(Buffer.from(after, 'base64url').toString()) : 0
  const { rows } = await sql<QuarantineGroup & { total: number }>`
    select fingerprint as id, max(source) as source, max(type) as type, max(code) as code, max(received_at) as "receivedAt", count(*) as count,
      (array_agg(reason order by received_at desc))[1] as reason, (array_agg(envelope order by received_at desc))[1] as body, count(*) over () as total
    from quarantine where released_at is null group by fingerprint
    order by max(received_at) desc, fingerprint limit ${first + 1} offset ${Number.isSafeInteger(offset) ? offset : 0}`.execute(
    db,
  )
  return { groups: rows.slice(0, first), total: rows[0]?.total ?? 0, hasNextPage: rows.length > first }
}

/** How many events of each source are held. */
export async function countQuarantined(db: Kysely<InboxTables>): Promise<Map<string, number>> {
  const { rows } = await sql<{
    source: string
    count: number
  }>`select source, count(*) as count from quarantine where released_at is null group by source`.execute(db)
  return new Map(rows.map(row => [row.source, row.count]))
}

/** Which held events to replay: those of groups, those whose recipient was unknown, or all. */
export type Replay = { groups: string[] } | { code: 'UNKNOWN_RECIPIENT' } | 'all'

/**
 * Takes held events again by the rules and people of today, oldest first. Each is delivered at most once, however many
 * replays run; one that is still not understood stays, with its reason of today.
 * @returns how many left quarantine
 */
export async function replay(
  parts: { db: Kysely<InboxTables>; rules: Rules; taker: Taker },
  which: Replay,
): Promise<number> {
  const chosen =
    which === 'all'
      ? sql`true`
      : 'groups' in which
        ? sql`fingerprint = any(${which.groups})`
        : sql`code = ${which.code}`
  const { rows } = await sql<{ envelope: CloudEvent }>`
    select envelope from quarantine where released_at is null and ${chosen} order by received_at limit 10000`.execute(
    parts.db,
  )
  let released = 0
  for (let i = 0; i < rows.length; i += 100) {
    const outcomes = await Promise.all(
      rows.slice(i, i + 100).map(({ envelope }) => parts.taker.take(planEvent(parts.rules, envelope, true))),
    )
    released += outcomes.filter(outcome => outcome === 'accepted' || outcome === 'stale').length
  }
  return released
}

/** Like `replay`, by an administrator: recorded in the audit log. */
export async function replayByHand(
  parts: { db: Kysely<InboxTables>; rules: Rules; taker: Taker },
  actor: { id: string; name: string },
  groups: string[],
): Promise<number> {
  const released = await replay(parts, { groups })
  await audit(parts.db, {
    actor: { ...actor, kind: 'person' },
    action: 'quarantine.replay',
    target: { type: 'quarantine', id: groups.join(' ').slice(0, 500) },
    outcome: 'success',
    detail: { released },
  })
  return released
}
