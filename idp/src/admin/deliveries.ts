import { audit } from '@atrium/platform/audit'
import { retryOutbox } from '@atrium/platform/outbox'
import { Problem } from '@atrium/platform/problem'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Actor } from '../directory/tables.ts'
import type { Text } from '../oidc/tables.ts'

/** A delivery without its payload, which may name more than an overview should: the system it goes to, and whose sign-out it is. */
export type DeliveryRow = {
  id: number
  topic: string
  key: string
  target: string | null
  person: { id: string; name: Text } | null
  state: 'pending' | 'done' | 'dead'
  attempts: number
  lastError: string | null
  dueAt: Date
  createdAt: Date
  updatedAt: Date
}

const target = sql`coalesce(o.payload->>'system', o.payload->>'clientId', case when o.topic = 'events' then 'gateway' end)`

/** One page of deliveries, newest first. `topic` takes in its parts: `provisioning` also finds `provisioning:crm`. */
export async function listDeliveries(
  db: Kysely<Schema>,
  o: {
    topic?: string | undefined
    state?: DeliveryRow['state'] | undefined
    person?: string | undefined
    target?: string | undefined
    before?: number | undefined
    limit: number
  },
): Promise<{ items: DeliveryRow[]; next: number | null }> {
  const { rows } = await sql<DeliveryRow>`
    select o.id, o.topic, o.key, ${target} as target,
      case when p.id is not null then jsonb_build_object('id', p.id, 'name', p.name) end as person,
      o.state, o.attempts, o.last_error as "lastError", o.due_at as "dueAt", o.created_at as "createdAt", o.updated_at as "updatedAt"
    from outbox o left join person p on p.id = o.payload->>'sub'
    where (${o.topic ?? null}::text is null or o.topic = ${o.topic ?? null} or starts_with(o.topic, ${o.topic ?? null} || ':'))
      and (${o.state ?? null}::text is null or o.state = ${o.state ?? null})
      and (${o.person ?? null}::text is null or (o.payload ? 'sub' and o.payload->>'sub' = ${o.person ?? null}))
      and (${o.target ?? null}::text is null or ${target} = ${o.target ?? null})
      and (${o.before ?? null}::bigint is null or o.id < ${o.before ?? null}::bigint)
    order by o.id desc limit ${o.limit + 1}`.execute(db)
  const items = rows.slice(0, o.limit)
  return { items, next: rows.length > o.limit ? items.at(-1)!.id : null }
}

/**
 * Makes a delivery due now.
 * @throws Problem 404 when there is none, 409 `already_delivered`
 */
export async function retryDelivery(db: Kysely<Schema>, id: number, actor: Actor): Promise<void> {
  await db.transaction().execute(async (trx: Kysely<Schema>) => {
    const { rows } = await sql<{
      topic: string
      key: string
      system: string | null
      nativeId: string | null
      generation: number | null
    }>`
      select topic, key, payload->>'system' as system, payload->>'nativeId' as "nativeId", (payload->>'generation')::integer as generation
      from outbox where id = ${id}`.execute(trx)
    const row = rows[0]
    if (!row) throw new Problem(404, 'unknown_delivery', { zh: '没有这项投递', en: 'There is no such delivery' })
    if (!(await retryOutbox(trx, id)))
      throw new Problem(409, 'already_delivered', {
        zh: '这项投递已经完成，无需重试',
        en: 'It was delivered already: there is nothing to retry',
      })
    // An account that had been given up is on its way again.
    await sql`
      update provisioning set state = 'pending', updated_at = clock_timestamp()
      where system = ${row.system} and native_id = ${row.nativeId} and generation = ${row.generation} and state = 'failed'`.execute(
      trx,
    )
    await audit(trx, {
      actor,
      action: 'delivery.retried',
      target: { type: 'delivery', id: `${row.topic}/${row.key}` },
      outcome: 'success',
    })
  })
}
