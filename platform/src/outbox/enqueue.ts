import { type Kysely, sql } from 'kysely'

/**
 * Writes a delivery in the caller's transaction. A repeat of `(topic, key)` changes nothing, unless `replace` is set:
 * then the payload is renewed and the delivery is due again, whatever became of the earlier one.
 */
export async function enqueue<T>(
  trx: Kysely<T>,
  item: { topic: string; key: string; payload: object; dueAt?: Date; replace?: boolean },
): Promise<void> {
  const due = item.dueAt ?? null
  await sql`
    insert into outbox (topic, key, payload, due_at)
    values (${item.topic}, ${item.key}, ${JSON.stringify(item.payload)}::jsonb, coalesce(${due}::timestamptz, clock_timestamp()))
    on conflict (topic, key) do ${
      item.replace
        ? sql`update set payload = excluded.payload, due_at = excluded.due_at, state = 'pending', attempts = 0, last_error = null,
            locked_until = null, updated_at = clock_timestamp()`
        : sql`nothing`
    }`.execute(trx)
}

/** Writes many deliveries of one topic in one statement, in the caller's transaction. A repeat of a key changes nothing. */
export async function enqueueMany<T>(
  trx: Kysely<T>,
  topic: string,
  items: { key: string; payload: object }[],
): Promise<void> {
  if (items.length === 0) return
  await sql`
    insert into outbox (topic, key, payload)
    select ${topic}, i.key, i.payload from jsonb_to_recordset(${JSON.stringify(items)}::jsonb) as i(key text, payload jsonb)
    on conflict (topic, key) do nothing`.execute(trx)
}
