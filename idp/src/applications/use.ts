import { now } from '@atrium/platform/clock'
import { log } from '@atrium/platform/log'
import { type Kysely, sql } from 'kysely'
import type { Provider } from 'oidc-provider'
import type { Schema } from '../database/schema.ts'

const flushEveryMs = 5000

/** Counts sign-ins to clients. */
export type SignInCounter = { count(clientId: string | undefined): void; stop(): Promise<void> }

/**
 * Starts counting. A count of a few seconds waits in memory, so that a sign-in costs no statement: it is a statistic, and a killed
 * process loses those seconds of it.
 */
export function startCounting(db: Kysely<Schema>): SignInCounter {
  let counts = new Map<string, number>()
  const add = (clientId: string, n: number): void => {
    counts.set(clientId, (counts.get(clientId) ?? 0) + n)
  }
  const flush = async (): Promise<void> => {
    if (counts.size === 0) return
    const batch = counts
    counts = new Map()
    try {
      await addSignIns(db, batch)
    } catch (error) {
      for (const [id, n] of batch) add(id, n)
      log('idp').warn({ err: error }, 'sign-ins could not be counted; it will be tried again')
    }
  }
  const timer = setInterval(() => void flush(), flushEveryMs)
  timer.unref()
  return {
    count: clientId => {
      if (clientId) add(clientId, 1)
    },
    stop: async () => {
      clearInterval(timer)
      await flush()
    },
  }
}

const codeGrants = ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code']

/** Counts every sign-in at the provider, those that follow silently from a session too. */
export function countSignIns(provider: Pick<Provider, 'on'>, counter: SignInCounter): void {
  provider.on('grant.success', ctx => {
    if (codeGrants.includes(String(ctx.oidc.params?.grant_type))) counter.count(ctx.oidc.client?.clientId)
  })
  // The implicit flow has no second step.
  provider.on('authorization.success', ctx => {
    if (String(ctx.oidc.params?.response_type).split(' ').includes('token')) counter.count(ctx.oidc.client?.clientId)
  })
}

/** Adds sign-ins of today. */
export async function addSignIns(db: Kysely<Schema>, counts: ReadonlyMap<string, number>): Promise<void> {
  // In one order, so that two replicas that add at the same moment do not wait for one another in a circle.
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
  await sql`
    insert into application_use as u (client_id, day, sign_ins)
    select client, ${now()}::date, n from unnest(${sorted.map(([id]) => id)}::text[], ${sorted.map(([, n]) => n)}::bigint[]) as c (client, n)
    on conflict (client_id, day) do update set sign_ins = u.sign_ins + excluded.sign_ins`.execute(db)
}

/** How much a client is used. `liveSessions` is at most a minute old. */
export type Use = { signIns30d: number; liveSessions: number }

/** How much each client is used, by its id; who is missing is not used at all. */
export async function readUse(db: Kysely<Schema>): Promise<Map<string, Use>> {
  const { rows } = await sql<{ client: string; n: number }>`
    select client_id as client, sum(sign_ins)::bigint as n from application_use where day > ${now()}::date - 30 group by 1`.execute(
    db,
  )
  const live = await readLiveSessions(db)
  const use = new Map<string, Use>()
  for (const { client, n } of rows) use.set(client, { signIns30d: n, liveSessions: 0 })
  for (const [client, n] of Object.entries(live))
    use.set(client, { signIns30d: use.get(client)?.signIns30d ?? 0, liveSessions: n })
  return use
}

const staleAfterMs = 60_000

/** The live sessions by client. Counting walks every session, so it is done at most once a minute, by one caller. */
async function readLiveSessions(db: Kysely<Schema>): Promise<Record<string, number>> {
  const at = now()
  const known = await db.selectFrom('application_sessions').selectAll().executeTakeFirst()
  if (known && at.getTime() - known.counted_at.getTime() < staleAfterMs) return known.counts
  const { rows } = await sql<{ counts: Record<string, number> }>`
    with mine as (select pg_try_advisory_xact_lock(7205361) as free),
    counted as (
      select coalesce(jsonb_object_agg(client, n), '{}') as counts from (
        select client, count(*) as n from oidc_model s cross join jsonb_object_keys(s.payload->'authorizations') as client
        where s.model = 'Session' and s.account_id is not null and s.expires_at > ${at} and (select free from mine) group by client) per_client)
    insert into application_sessions as a (counted_at, counts) select ${at}::timestamptz, counts from counted, mine where free
    on conflict (id) do update set counted_at = excluded.counted_at, counts = excluded.counts
    returning counts`.execute(db)
  return rows[0]?.counts ?? known?.counts ?? {}
}
