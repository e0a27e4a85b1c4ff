import { type Kysely, sql } from 'kysely'

/** A delivery and what became of it. */
export type OutboxRow = {
  id: number
  topic: string
  key: string
  state: 'pending' | 'done' | 'dead'
  attempts: number
  lastError: string | null
  dueAt: Date
  createdAt: Date
  updatedAt: Date
  payload: Record<string, unknown>
}

/** The newest deliveries first, at most `limit` (default 200). */
export async function listOutbox<T>(
  db: Kysely<T>,
  search: { topic?: string; state?: OutboxRow['state']; limit?: number } = {},
): Promise<OutboxRow[]> {
  const { rows } = await sql<OutboxRow>`
    select id, topic, key, state, attempts, last_error as "lastError", due_at as "dueAt", created_at as "createdAt", updated_at as "updatedAt", payload
    from outbox
    where (${search.topic ?? null}::text is null or topic = ${search.topic ?? null}) and (${search.state ?? null}::text is null or state = ${search.state ?? null})
    order by id desc limit ${search.limit ?? 200}`.execute(db)
  return rows
}

/**
 * Makes a delivery due now, a dead one too.
 * @returns false when there is none with this id, or it is done
 */
export async function retryOutbox<T>(db: Kysely<T>, id: number): Promise<boolean> {
  const { rows } = await sql`
    update outbox set state = 'pending', due_at = clock_timestamp(), updated_at = clock_timestamp()
    where id = ${id} and state <> 'done' returning id`.execute(db)
  return rows.length > 0
}
