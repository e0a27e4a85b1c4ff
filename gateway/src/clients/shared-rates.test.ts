import { setTimeout as wait } from 'node:timers/promises'
import { type Kysely, migrate, openDatabase, platformMigrate, sql } from '@atrium/platform/database'
import { log } from '@atrium/platform/log'
import { testDatabase } from '@atrium/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../database/schema.ts'
import { createRate, type Rate } from './rate.ts'
import { shareRates } from './shared-rates.ts'

let url: string
let db: Kysely<Database>
beforeAll(async () => {
  url = await testDatabase()
  db = openDatabase<Database>(url)
  await platformMigrate(db)
  await migrate(db, new URL('../database/migrations/', import.meta.url))
})
afterAll(() => db?.destroy())

/** A gateway's count of one client, with connections of its own. */
function gateway(client: string, perMinute: number, burst: number, everyMs: number) {
  const own = openDatabase<Database>(url, { max: 1 })
  const rate = createRate(perMinute, burst)
  const sharing = shareRates(own, () => [[client, rate]], { log: log('test'), everyMs })
  return { rate, sharing, own, stop: () => sharing.stop().finally(() => own.destroy()) }
}
const take = (rate: Rate, times: number, who = ''): number =>
  Array.from({ length: times }, () => rate.take(who, performance.now())).filter(seconds => seconds === 0).length

test('what one gateway lets through is used for the other, and what both gave too much is owed', async () => {
  const [one, two] = [gateway('kiosk', 60, 10, 3_600_000), gateway('kiosk', 60, 10, 3_600_000)]
  expect(take(one.rate, 20)).toBe(10)
  expect(take(one.rate, 20, 'another person')).toBe(10)
  await one.sharing.exchange()
  // It cannot know yet; it does as soon as it has told what it gave.
  expect(take(two.rate, 3)).toBe(3)
  await two.sharing.exchange()
  expect(two.rate.take('', performance.now())).toBeGreaterThanOrEqual(3)
  expect(one.rate.take('', performance.now())).toBe(1)
  await Promise.all([one.stop(), two.stop()])
})

test('two gateways together keep to the rate of a client that sends as fast as it can', async () => {
  const perSecond = 100
  const burst = 10
  const both = [gateway('fast', perSecond * 60, burst, 20), gateway('fast', perSecond * 60, burst, 20)]
  const started = performance.now()
  let given = 0
  while (performance.now() - started < 1500) {
    for (const { rate } of both) given += take(rate, 3)
    await wait(2)
  }
  const due = ((performance.now() - started) / 1000) * perSecond
  // Each for itself would give 2 × (due + burst).
  expect(given).toBeLessThan(due + 2 * burst + due / 4)
  expect(given).toBeGreaterThan(due / 2)
  await Promise.all(both.map(one => one.stop()))
})

test('while the database is away each gateway counts on, and tells it afterwards', async () => {
  const [one, two] = [gateway('away', 60, 5, 3_600_000), gateway('away', 60, 5, 3_600_000)]
  await sql`alter table client_rate rename to client_rate_away`.execute(db)
  expect(take(one.rate, 8)).toBe(5)
  await one.sharing.exchange()
  expect(take(one.rate, 1)).toBe(0)
  await sql`alter table client_rate_away rename to client_rate`.execute(db)
  await one.sharing.exchange()
  expect(take(two.rate, 1)).toBe(1)
  await two.sharing.exchange()
  expect(take(two.rate, 1)).toBe(0)
  await Promise.all([one.stop(), two.stop()])
})
