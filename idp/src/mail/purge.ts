import type { Kysely } from '@atrium/platform/database'
import { everyUnderLease } from '@atrium/platform/lease'
import { log } from '@atrium/platform/log'
import { sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { mailTopic } from './mail.ts'

const everyMs = 3600_000
const batch = 500

/** Forgets in time what sign-in has noted of people: the text of mails, their traces, browsers that were not seen again. */
export function startForgetting(db: Kysely<Schema>): { stop(): Promise<void> } {
  const onError = (error: unknown): void => log('idp').error({ err: error }, 'old mails could not be removed')
  return everyUnderLease(db, { name: 'forgetting', everyMs, onError }, () => forgetOnce(db))
}

/** One round of the above: texts after 30 days, everything else after 400, in small batches that hold nobody up. */
export async function forgetOnce(db: Kysely<Schema>): Promise<void> {
  const rounds = [
    sql`update mail set content_sealed = '' where id in (
      select id from mail where content_sealed <> '' and created_at < now() - interval '30 days' and state <> 'queued'
      order by created_at limit ${batch} for update skip locked)`,
    sql`delete from mail where id in (
      select id from mail where created_at < now() - interval '400 days' order by created_at limit ${batch} for update skip locked)`,
    // The payload of a delivery that is over tells who signed in from where.
    sql`delete from outbox where id in (
      select id from outbox where topic in (${mailTopic}, 'password_reset') and state <> 'pending' and updated_at < now() - interval '30 days'
      order by id limit ${batch} for update skip locked)`,
    sql`delete from known_device where (person_id, device_hash) in (
      select person_id, device_hash from known_device where last_seen_at < now() - interval '400 days'
      order by last_seen_at limit ${batch} for update skip locked)`,
    sql`delete from reset_throttle where subject in (
      select subject from reset_throttle where until < now() order by until limit ${batch} for update skip locked)`,
    sql`delete from one_time_link where expires_at < now() - interval '1 day'`,
  ]
  for (const round of rounds)
    for (;;) {
      const { numAffectedRows } = await round.execute(db)
      if ((numAffectedRows ?? 0n) < batch) break
    }
}
