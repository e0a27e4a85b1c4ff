import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Kysely, openDatabase, platformMigrate, sql } from '../database.ts'
import { testDatabase } from '../testing/database.ts'
import { enqueue, listOutbox, retryOutbox, startOutbox } from './outbox.ts'

type Empty = Record<string, never>
let db: Kysely<Empty>

beforeAll(async () => {
  db = openDatabase<Empty>(await testDatabase())
  await platformMigrate(db)
})
afterAll(() => db.destroy())

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (await condition()) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error('the condition did not come true within 6 s')
}

test('two workers carry out every delivery once, a repeated key adds none', async () => {
  const seen: string[] = []
  const handle = async (item: { key: string }) => {
    seen.push(item.key)
    return 'done' as const
  }
  for (let i = 0; i < 40; i++) await enqueue(db, { topic: 'once', key: `k${i % 20}`, payload: { i } })
  const workers = [
    startOutbox(db, { topic: 'once', handle, pollMs: 20 }),
    startOutbox(db, { topic: 'once', handle, pollMs: 20 }),
  ]
  await until(async () => (await listOutbox(db, { topic: 'once', state: 'done' })).length === 20)
  await Promise.all(workers.map(worker => worker.stop()))
  expect(seen.toSorted()).toEqual(Array.from({ length: 20 }, (_, i) => `k${i}`).toSorted())
})

test('a failing delivery is tried after each delay, then dead, and can be sent again by hand', async () => {
  let fail = true
  let tries = 0
  const worker = startOutbox(db, {
    topic: 'flaky',
    pollMs: 10,
    retryDelays: [10, 10],
    handle: async () => {
      tries += 1
      if (fail) throw new Error('the system is down')
      return 'done'
    },
  })
  await enqueue(db, { topic: 'flaky', key: 'a', payload: {} })
  await until(async () => (await listOutbox(db, { topic: 'flaky', state: 'dead' })).length === 1)
  const [row] = await listOutbox(db, { topic: 'flaky' })
  expect(row).toMatchObject({ attempts: 3, lastError: 'the system is down' })
  expect(tries).toBe(3)
  fail = false
  expect(await retryOutbox(db, row!.id)).toBe(true)
  await until(async () => (await listOutbox(db, { topic: 'flaky', state: 'done' })).length === 1)
  expect(await retryOutbox(db, row!.id)).toBe(false)
  await worker.stop()
})

test('what a killed worker had taken comes back when its lock runs out', async () => {
  await enqueue(db, { topic: 'killed', key: 'a', payload: {} })
  await sql`update outbox set locked_until = clock_timestamp() + interval '300 milliseconds' where topic = 'killed'`.execute(
    db,
  )
  let done = 0
  const worker = startOutbox(db, {
    topic: 'killed',
    pollMs: 20,
    handle: async () => {
      done += 1
      return 'done'
    },
  })
  await new Promise(resolve => setTimeout(resolve, 100))
  expect(done).toBe(0)
  await until(async () => done === 1)
  await worker.stop()
})
