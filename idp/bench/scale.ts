import { setTimeout as wait } from 'node:timers/promises'
import { type Kysely, openDatabase, sql } from '@atrium/platform/database'
import type * as client from 'openid-client'
import type { Schema } from '../src/database/schema.ts'
import { relyingParty, visit } from '../src/oidc/testing/relying-party.ts'
import { postgresCpu, processCpu } from './cpu.ts'
import { expire, fill, type Size } from './fill.ts'
import { atRest, type Rates } from './rest.ts'
import type { Row } from './row.ts'
import { type BenchIdp, startBenchIdp } from './servers.ts'
import { untilCompiled, withStatistics } from './warmed-up.ts'

const size: Size = { people: 100_000, rows: 1_000_000 }
const rounds = 6
const perRound = 25
const expired = 60_000
const purgeWithinMs = 180_000

/** The same figures with a large directory as with a small one, in turns; and what a purge does to those who sign in meanwhile. */
export async function benchScale(small: BenchIdp): Promise<Row[]> {
  const large = await startBenchIdp()
  try {
    await visit(large, 'portal', 'li.na')
    await fill(large.databaseUrl, size)
    return [...(await compare(await side(small, false), await side(large, true))), ...(await benchPurge(large))]
  } finally {
    await large.stop()
  }
}

type Side = { idp: BenchIdp; rp: client.Configuration; rest: Rates; next(): string; cost: Cost[] }
type Cost = { idp: number; postgres: number; refresh: number }

async function side(idp: BenchIdp, many: boolean): Promise<Side> {
  const rp = await relyingParty(idp, 'portal')
  let n = 0
  // In the large one everybody signs in once, from all over the table.
  const next = (): string => (many ? `u${((n++ * 7919) % size.people) + 1}` : 'li.na')
  for (let turn = 0; turn < untilCompiled.signIns; turn++) await visitAndRefresh(idp, rp, next())
  await withStatistics(idp.databaseUrl, () => visitAndRefresh(idp, rp, next()))
  return { idp, rp, rest: await atRest(idp.pid, idp.postmaster), next, cost: [] }
}

async function visitAndRefresh(idp: BenchIdp, rp: client.Configuration, username: string): Promise<void> {
  await refresh(idp, (await visit(idp, 'portal', username, { rp })).tokens.refresh_token)
}

async function compare(small: Side, large: Side): Promise<Row[]> {
  for (let round = 0; round < rounds; round++) for (const one of [small, large]) one.cost.push(await measure(one))
  const row = (name: string, of: (cost: Cost) => number): Row => {
    const [few, many] = [least(small.cost, of), least(large.cost, of)]
    return {
      name: `${name}, 100,000 people and 1,000,000 rows against six people`,
      value: many / few,
      unit: '×',
      baseline: `${many.toFixed(2)} against ${few.toFixed(2)} ms`,
      target: '≤ 1.2',
      pass: many / few <= 1.2,
    }
  }
  return [
    row('sign-in: CPU of idp without the hash', one => one.idp),
    row('sign-in: CPU of PostgreSQL', one => one.postgres),
    row('refresh: CPU of idp and PostgreSQL', one => one.refresh),
  ]
}

function least(costs: Cost[], of: (cost: Cost) => number): number {
  return Math.min(...costs.map(of))
}

async function measure({ idp, rp, rest, next }: Side): Promise<Cost> {
  const tokens: (string | undefined)[] = []
  const signIns = await spent(idp, rest, async () => {
    for (let n = 0; n < perRound; n++) tokens.push((await visit(idp, 'portal', next(), { rp })).tokens.refresh_token)
  })
  const refreshes = await spent(idp, rest, async () => {
    for (const token of tokens) await refresh(idp, await refresh(idp, await refresh(idp, token)))
  })
  return {
    idp: signIns.main / perRound,
    postgres: signIns.postgres / perRound,
    refresh: (refreshes.main + refreshes.pool + refreshes.postgres) / perRound / 3,
  }
}

async function spent(idp: BenchIdp, rest: Rates, work: () => Promise<void>) {
  const at = { cpu: processCpu(idp.pid), postgres: postgresCpu(idp.postmaster), ms: performance.now() }
  await work()
  const ms = performance.now() - at.ms
  const cpu = processCpu(idp.pid)
  const pool = cpu.pool - at.cpu.pool
  return {
    pool,
    main: cpu.all - at.cpu.all - pool - rest.main * ms,
    postgres: postgresCpu(idp.postmaster) - at.postgres - rest.postgres * ms,
  }
}

async function refresh(idp: BenchIdp, token: string | undefined): Promise<string> {
  const response = await fetch(`${idp.issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'portal', refresh_token: token ?? '' }),
  })
  const { refresh_token } = (await response.json()) as { refresh_token?: string }
  if (!refresh_token) throw new Error(`a refresh was refused: ${response.status}`)
  return refresh_token
}

/** Signs in without a pause while the purge runs; what counts is how long any statement of a sign-in waited for a lock. */
async function benchPurge(idp: BenchIdp): Promise<Row[]> {
  const db = openDatabase<Schema>(idp.databaseUrl, { max: 2 })
  try {
    const rp = await relyingParty(idp, 'portal')
    const quiet = await times(idp, rp, 60)
    const gone = await expire(db, expired)
    const watch = watchLocks(db)
    const during: number[] = []
    const until = performance.now() + purgeWithinMs
    while ((await left(db)) > 0) {
      if (performance.now() > until) throw new Error('the purge did not end')
      during.push(...(await times(idp, rp, 10)))
    }
    const waited = await watch.stop()
    return [
      {
        name: `purge of ${gone.toLocaleString('en')} expired rows: the longest a statement of idp waited for a lock`,
        value: waited,
        unit: 'ms',
        baseline: `sign-in p95 ${p95(during).toFixed(0)} ms during it, ${p95(quiet).toFixed(0)} without; ${during.length} sign-ins`,
        target: '≤ 50',
        pass: waited <= 50,
      },
    ]
  } finally {
    await db.destroy()
  }
}

async function times(idp: BenchIdp, rp: client.Configuration, count: number): Promise<number[]> {
  const taken: number[] = []
  for (let n = 0; n < count; n++) {
    const at = performance.now()
    await visit(idp, 'portal', `u${n + 1}`, { rp })
    taken.push(performance.now() - at)
  }
  return taken
}

function p95(sample: number[]): number {
  return sample.toSorted((a, b) => a - b)[Math.floor(sample.length * 0.95)] ?? 0
}

async function left(db: Kysely<Schema>): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (select 1 from oidc_model where expires_at < now() - interval '30 minutes' limit 1) x`.execute(
    db,
  )
  return rows[0]?.n ?? 0
}

/** Looks every 5 ms for statements of idp that wait for a lock. */
function watchLocks(db: Kysely<Schema>): { stop(): Promise<number> } {
  let longest = 0
  let stopped = false
  const looking = (async () => {
    while (!stopped) {
      const { rows } = await sql<{ ms: number | null }>`
        select max(extract(epoch from clock_timestamp() - waitstart) * 1000)::float8 as ms from pg_locks where not granted`.execute(
        db,
      )
      longest = Math.max(longest, rows[0]?.ms ?? 0)
      await wait(5)
    }
  })()
  return {
    stop: async () => {
      stopped = true
      await looking
      return longest
    },
  }
}
