import { migrate, openDatabase, platformMigrate } from '@atrium/platform/database'
import { metrics } from '@atrium/platform/http'
import { log } from '@atrium/platform/log'
import { testDatabase } from '@atrium/platform/testing'
import type { Kysely } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type OperationEvent, operationEnded } from '../clients/operation-events.ts'
import type { Database } from '../database/schema.ts'
import type { RequestContext } from '../schema/context.ts'
import { bucketOf, noBuckets, percentileOf } from './buckets.ts'
import { CallNotes } from './call-notes.ts'
import { manyCalls } from './figures.ts'
import { startObserving } from './observing.ts'
import { observingResolvers, type operationOf } from './schema.ts'
import type { ObservingTables } from './store.ts'

let db: Kysely<Database>
let tables: Kysely<ObservingTables>
const running: { flush(): Promise<void>; stop(): Promise<void> }[] = []

beforeAll(async () => {
  db = openDatabase<Database>(await testDatabase(), { max: 4 })
  tables = db as unknown as Kysely<ObservingTables>
  await platformMigrate(db)
  await migrate(db, new URL('../database/migrations/', import.meta.url))
})
beforeEach(() => tables.deleteFrom('operation_figure').execute())
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop()
})
afterAll(() => db.destroy())

function start(everyMs = 3_600_000) {
  const one = startObserving({
    db: tables,
    clients: ['portal'],
    systems: () => [{ id: 'crm', breaker: 'OPEN', cacheBytes: 7 }],
    log: log('gateway'),
    everyMs,
  })
  running.push(one)
  return one
}

const ended = (more: Partial<OperationEvent> = {}): void =>
  operationEnded({ client: 'portal', operation: 'Page', outcome: 'ok', ms: 10, ...more })

const calls = (given: Record<string, number>): CallNotes => {
  const notes = new CallNotes()
  for (const [type, times] of Object.entries(given)) for (let n = 0; n < times; n += 1) notes.note(type)
  return notes
}

const viewerWith = (viewer: object): RequestContext => ({ viewer, locale: 'en' }) as unknown as RequestContext // no more is asked
const administrator = viewerWith({ kind: 'person', person: { businessRoles: ['administrator'] } })
const read = (hours = 24, context = administrator): Promise<ReturnType<typeof operationOf>[]> =>
  observingResolvers(tables, async () => {
    for (const one of running) await one.flush()
  }).Query.gatewayOperations(undefined, { hours }, context)

test('what replicas counted adds up, however often each wrote it', async () => {
  const first = start()
  for (let n = 0; n < 90; n += 1) ended({ ms: 20, calls: calls({ 'crm.Customer': 1, 'erp.Order': 2 }) })
  await first.flush()
  for (let n = 0; n < 10; n += 1) ended({ ms: 2000, outcome: 'partial', traceId: `t${n}` })
  await first.flush()
  await first.stop()
  running.length = 0
  start()
  ended({ ms: 3000, outcome: 'failed', traceId: 'worst' })
  ended({ operation: 'Other', ms: 5 })
  const [page, other] = await read()
  expect(page).toMatchObject({ id: 'Page', runs: 101, ok: 90, partial: 10, failed: 1, refused: 0, slow: true })
  expect(page?.p50Ms).toBeGreaterThanOrEqual(16)
  expect(page?.p50Ms).toBeLessThanOrEqual(25)
  expect(page?.p99Ms).toBeGreaterThanOrEqual(1600)
  expect(page?.errorRate).toBeCloseTo(11 / 101, 3)
  expect(page?.calls).toEqual([
    { system: 'erp', calls: 180, perRun: 1.78 },
    { system: 'crm', calls: 90, perRun: 0.89 },
  ])
  expect(page?.worst[0]).toMatchObject({ ms: 3000, traceId: 'worst' })
  expect(page?.worst).toHaveLength(5)
  expect(other).toMatchObject({ id: 'Other', runs: 1, slow: false })
})

test('a type that one request asked for again and again is told by name', async () => {
  start()
  ended({ calls: calls({ 'erp.Order': manyCalls, 'crm.Customer': manyCalls + 1 }) })
  ended({ calls: calls({ 'crm.Customer': 12 }) })
  expect((await read())[0]?.repeated).toEqual([{ system: 'crm', type: 'Customer', most: 12 }])
})

test('what was refused says nothing of how long the operation takes', async () => {
  start()
  ended({ outcome: 'refused', ms: 9000, traceId: 'r' })
  expect((await read())[0]).toMatchObject({ runs: 0, refused: 1, p95Ms: null, errorRate: 0, worst: [], slow: false })
})

test('names that outsiders can choose fill neither the table nor the metrics', async () => {
  start()
  for (let n = 0; n < 50; n += 1) ended({ client: `made up ${n}`, operation: null })
  ended({ client: 'portal', operation: null })
  const operations = await read()
  expect(operations.map(({ id, runs }) => [id, runs])).toEqual([['other', 51]])
  expect(operations[0]?.clients.toSorted((a, b) => b.runs - a.runs)).toEqual([
    { id: 'other', runs: 50 },
    { id: 'portal', runs: 1 },
  ])
  const text = await metrics.metrics()
  expect(text).not.toContain('made up')
  expect(text).toContain('gateway_operations_total{operation="other",client="other",outcome="ok"}')
  expect(text).toContain('gateway_system_breaker_state{system="crm"} 2')
  expect(text).toContain('gateway_system_cache_bytes{system="crm"} 7')
})

test('figures that the database did not take are written with the next ones', async () => {
  const observing = start()
  await tables.schema.alterTable('operation_figure').renameTo('operation_figure_away').execute()
  ended()
  await observing.flush()
  await tables.schema.alterTable('operation_figure_away').renameTo('operation_figure').execute()
  expect((await read())[0]).toMatchObject({ runs: 1 })
})

test('they are for administrators and for clients with the scope admin', async () => {
  start()
  ended()
  const refused = { extensions: { code: 'FORBIDDEN' } }
  await expect(read(1, viewerWith({ kind: 'person', person: { businessRoles: ['employee'] } }))).rejects.toMatchObject(
    refused,
  )
  await expect(read(1, viewerWith({ kind: 'client', scopes: ['events:write'] }))).rejects.toMatchObject(refused)
  expect(await read(1, viewerWith({ kind: 'client', scopes: ['admin'] }))).toHaveLength(1)
  await expect(read(0)).rejects.toMatchObject({ extensions: { code: 'BAD_INPUT' } })
})

test.each([0.2, 1, 1.3, 7, 250, 9_000, 60_000])('a percentile of %d ms lies within a quarter of it', ms => {
  const buckets = noBuckets()
  buckets[bucketOf(ms)] = 100
  const told = percentileOf(buckets, 0.5) as number
  expect(told).toBeLessThanOrEqual(Math.max(1, ms * 1.25))
  expect(told).toBeGreaterThanOrEqual(ms > 9_400 ? 9_000 : Math.min(0.5, ms / 1.26))
  expect(percentileOf(noBuckets(), 0.5)).toBeNull()
})
