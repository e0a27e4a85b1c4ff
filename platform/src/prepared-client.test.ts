import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Kysely, openDatabase, sql } from './database.ts'
import { testDatabase } from './testing/database.ts'

let db: Kysely<Record<never, never>>
beforeAll(async () => {
  db = openDatabase(await testDatabase(), { prepare: true, max: 1 })
})
afterAll(() => db.destroy())

test('a statement with parameters is prepared once and used again', async () => {
  const double = (n: number) => sql<{ twice: number }>`select ${n}::int * 2 as twice`.execute(db)
  expect((await double(2)).rows).toEqual([{ twice: 4 }])
  expect((await double(21)).rows).toEqual([{ twice: 42 }])
  const { rows } = await sql<{
    n: number
  }>`select count(*)::int as n from pg_prepared_statements where statement like '%* 2 as twice'`.execute(db)
  expect(rows).toEqual([{ n: 1 }])
})

test('a table that changes its columns fails one statement at most', async () => {
  await sql`create table changing (id int primary key, name text)`.execute(db)
  await sql`insert into changing values (1, 'one')`.execute(db)
  const read = () => sql`select * from changing where id = ${1}`.execute(db)
  expect((await read()).rows).toEqual([{ id: 1, name: 'one' }])
  await sql`alter table changing add column more int`.execute(db)
  await read().catch(() => undefined)
  expect((await read()).rows).toEqual([{ id: 1, name: 'one', more: null }])
})

test('errors of the server reach the caller', async () => {
  await expect(sql`select 1 / ${0}::int`.execute(db)).rejects.toMatchObject({ code: '22012' })
})
