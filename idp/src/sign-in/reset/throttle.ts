import { now } from '@atrium/platform/clock'
import { sha256 } from '@atrium/platform/secrets'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'

const windowMinutes = 15
/** How many links may be asked for within 15 minutes. An address may be a whole office behind one router. */
export const resetLimits = { account: 3, address: 30 }

/**
 * Counts a request for a link, for the address it comes from and for the account it names, known or not.
 * @param account what was typed
 * @returns 0 when it may be granted, else the seconds to wait
 */
export async function countResetRequest(db: Kysely<Schema>, o: { account: string; ip: string }): Promise<number> {
  const subjects = [
    { subject: `account:${sha256(o.account.trim().toLowerCase())}`, most: resetLimits.account },
    { subject: `address:${o.ip}`, most: resetLimits.address },
  ]
  const at = now()
  // In one order for everybody, else two requests could wait for one another.
  const { rows } = await sql<{ subject: string; requests: number; until: Date }>`
    insert into reset_throttle as t (subject, requests, until)
    select subject, 1, ${at}::timestamptz + make_interval(mins => ${windowMinutes})
    from unnest(${subjects.map(one => one.subject)}::text[]) as s (subject) order by subject
    on conflict (subject) do update set
      requests = case when t.until <= ${at} then 1 else t.requests + 1 end,
      until = case when t.until <= ${at} then excluded.until else t.until end
    returning subject, requests, until`.execute(db)
  const waits = rows
    .filter(row => row.requests > (subjects.find(one => one.subject === row.subject)?.most ?? 0))
    .map(row => Math.ceil((row.until.getTime() - at.getTime()) / 1000))
  return Math.max(0, ...waits)
}
