import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Kysely, openDatabase, platformMigrate, sql } from '../database.ts'
import { testDatabase } from '../testing/database.ts'
import { enqueue, startOutbox } from './outbox.ts'

type Empty = Record<string, never>

async function scans(db: Kysely<Empty>): Promise<number> {
  await sql`select pg_stat_force_next_flush()`.execute(db)
  const { rows } = await sql<{ n: number }>`
    select coalesce(idx_scan, 0) + coalesce(seq_scan, 0) as n from pg_stat_user_tables where relname = 'outbox'`.execute(
    db,
  )
  return rows[0]?.n ?? 0
}

test('topics of one database share a look, each worker gets its own deliveries, and after the last one nobody looks', async () => {
  const db = openDatabase<Empty>(await testDatabase(), { max: 1 })
  await platformMigrate(db)
  const seen: string[] = []
  const workers = ['a', 'b', 'c'].map(topic =>
    startOutbox(db, {
      topic,
      pollMs: 30,
      handle: async item => {
        seen.push(`${topic}:${item.key}`)
        return 'done'
      },
    }),
  )
  await wait(100)
  for (const topic of ['c', 'a', 'b', 'nobody']) await enqueue(db, { topic, key: '1', payload: {} })
  for (let n = 0; n < 100 && seen.length < 3; n++) await wait(20)
  expect(seen.toSorted()).toEqual(['a:1', 'b:1', 'c:1'])
  await workers[0]?.stop()
  await enqueue(db, { topic: 'b', key: '2', payload: {} })
  for (let n = 0; n < 100 && seen.length < 4; n++) await wait(20)
  expect(seen.at(-1)).toBe('b:2')
  await Promise.all(workers.map(worker => worker.stop()))
  const before = await scans(db)
  await wait(150)
  expect(await scans(db)).toBe(before)
  await db.destroy()
})
