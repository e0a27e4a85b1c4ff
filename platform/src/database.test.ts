import { expect, test } from 'vitest'
import { openDatabase, platformMigrate, sql } from './database.ts'
import { testDatabase } from './testing/database.ts'

test('two services that migrate one database at the same time apply every file once', async () => {
  const url = await testDatabase()
  const [a, b] = [openDatabase(url), openDatabase(url)]
  const applied = await Promise.all([platformMigrate(a), platformMigrate(b)])
  expect(applied.flat()).toEqual(['0001_audit_lease_outbox.sql', '0002_audit_transaction.sql'])
  await Promise.all([a.destroy(), b.destroy()])
})

test('bigint arrives as a number, numeric as a string, a time as a Date, text as UTF-8', async () => {
  const db = openDatabase(await testDatabase())
  const { rows } = await sql<{ n: number; m: string; t: Date; z: string; encoding: string }>`
    select 9007199254740991::bigint as n, 0.10::numeric as m, now() as t, '华信机械' as z, current_setting('server_encoding') as encoding`.execute(
    db,
  )
  expect(rows[0]).toMatchObject({ n: 9007199254740991, m: '0.10', z: '华信机械', encoding: 'UTF8' })
  expect(rows[0]?.t).toBeInstanceOf(Date)
  await expect(sql`select 9007199254740993::bigint`.execute(db)).rejects.toThrow('beyond 2^53')
  await db.destroy()
})
