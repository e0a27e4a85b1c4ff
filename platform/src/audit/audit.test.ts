import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Kysely, openDatabase, platformMigrate, sql } from '../database.ts'
import { testDatabase } from '../testing/database.ts'
import { audit, auditAll, readAudit, verifyAudit } from './audit.ts'
import { sealBatch } from './seal.ts'

type Empty = Record<string, never>
let db: Kysely<Empty>

beforeAll(async () => {
  db = openDatabase<Empty>(await testDatabase())
  await platformMigrate(db)
})
afterAll(() => db.destroy())

const entry = (id: string) => ({
  actor: { id: 'e0000', kind: 'person' as const },
  action: 'role.publish',
  target: { type: 'role', id },
  outcome: 'success' as const,
})

/** Seals until so many more entries are sealed: a transaction in another database of the server holds sealing back while it lasts. */
async function seal(of: Kysely<Empty>, count: number, from?: string): Promise<{ below: string | undefined }> {
  let [sealed, below] = [0, from]
  await vi.waitFor(
    async () => {
      const batch = await sealBatch(of, below)
      sealed += batch.sealed
      below = batch.below
      expect(sealed).toBe(count)
    },
    { timeout: 20_000, interval: 20 },
  )
  return { below }
}

test('an entry of a transaction that is undone leaves nothing, and one that commits late is sealed later, not skipped', async () => {
  await db
    .transaction()
    .execute(trx => audit(trx, entry('a')).then(() => Promise.reject(new Error('undone'))))
    .catch(() => {})
  let commit = (): void => {}
  const mayCommit = new Promise<void>(resolve => {
    commit = resolve
  })
  let written = (): void => {}
  const isWritten = new Promise<void>(resolve => {
    written = resolve
  })
  const slow = db.transaction().execute(async trx => {
    await audit(trx, entry('slow'))
    written()
    await mayCommit
  })
  await isWritten
  await audit(db, entry('quick'))
  expect(await sealBatch(db)).toMatchObject({ sealed: 0 })
  commit()
  await slow
  await seal(db, 2)
  expect(await verifyAudit(db)).toEqual({ sealed: 2, unsealed: 0, broken: null })
})

test('many entries are recorded at once, each as it would be alone, or none of them', async () => {
  await auditAll(db, [])
  await auditAll(db, [
    { ...entry('first'), detail: { keys: ["it's", '"x"'] }, ip: '192.0.2.1', traceId: 'a'.repeat(32) },
    { ...entry('second'), actor: { id: 'crm', kind: 'client' }, outcome: 'refused' },
  ])
  const [second, first] = await readAudit(db, { limit: 2 })
  expect(first).toMatchObject({
    ...entry('first'),
    detail: { keys: ["it's", '"x"'] },
    ip: '192.0.2.1',
    traceId: 'a'.repeat(32),
  })
  expect(second).toMatchObject({ actor: { id: 'crm', kind: 'client' }, outcome: 'refused', detail: {} })
  await seal(db, 2)
  await expect(auditAll(db, [entry('third'), { ...entry('fourth'), outcome: 'lost' as 'failed' }])).rejects.toThrow()
  expect((await readAudit(db, { limit: 1 }))[0]?.target.id).toBe('second')
})

test('nobody can change or remove an entry, and a change behind the triggers is found', async () => {
  await expect(sql`update audit_entry set action = 'x'`.execute(db)).rejects.toThrow('append-only')
  await expect(sql`delete from audit_entry`.execute(db)).rejects.toThrow('append-only')
  await audit(db, entry('b'))
  await seal(db, 1)
  await audit(db, entry('c'))
  expect(await verifyAudit(db)).toMatchObject({ sealed: 5, unsealed: 1, broken: null })
  await sql`alter table audit_entry disable trigger all`.execute(db)
  await sql`update audit_entry set outcome = 'failed' where target->>'id' = 'quick'`.execute(db)
  expect((await verifyAudit(db)).broken).toMatchObject({ reason: 'the entry was changed' })
})

test('what was sealed is not looked at again, and what a slow transaction writes is still found', async () => {
  const other = openDatabase<Empty>(await testDatabase())
  await platformMigrate(other)
  await audit(other, entry('first'))
  const { below } = await seal(other, 1)
  let release = (): void => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  const slow = other.transaction().execute(async trx => {
    await audit(trx, entry('slow'))
    await held
  })
  await new Promise(resolve => setTimeout(resolve, 100))
  await audit(other, entry('quick'))
  const between = await sealBatch(other, below)
  release()
  await slow
  await seal(other, 2 - between.sealed, between.below)
  expect(await verifyAudit(other)).toEqual({ sealed: 3, unsealed: 0, broken: null })
  await other.destroy()
})

test('actions that would bury the others can be left out, page by page', async () => {
  const other = openDatabase<Empty>(await testDatabase())
  await platformMigrate(other)
  for (const id of ['a', 'b', 'c']) {
    await audit(other, entry(id))
    for (let i = 0; i < 3; i++) await audit(other, { ...entry(id), action: 'token.exchanged' })
  }
  const first = await readAudit(other, { except: ['token.exchanged'], limit: 2 })
  expect(first.map(row => row.target.id)).toEqual(['c', 'b'])
  const rest = await readAudit(other, { except: ['token.exchanged'], before: first[1]!.id, limit: 2 })
  expect(rest.map(row => row.target.id)).toEqual(['a'])
  expect(await readAudit(other, { except: ['token.exchanged', 'role.publish'], limit: 2 })).toEqual([])
  expect(await readAudit(other, { limit: 50 })).toHaveLength(12)
  await other.destroy()
})

test('two sealers at once never fork the chain', async () => {
  const other = openDatabase<Empty>(await testDatabase())
  await platformMigrate(other)
  await Promise.all(Array.from({ length: 60 }, (_, i) => audit(other, entry(String(i)))))
  for (let i = 0; i < 3; i++) await Promise.allSettled([sealBatch(other), sealBatch(other)])
  // What is newer than the oldest open transaction of the whole server waits for the next turn.
  const sealedAll = async () => {
    await sealBatch(other)
    return await verifyAudit(other)
  }
  await expect.poll(sealedAll, { timeout: 15_000 }).toEqual({ sealed: 60, unsealed: 0, broken: null })
  await other.destroy()
})
