import { afterAll, beforeAll, expect, test } from 'vitest'
import { execute, type Kysely, openDatabase, sql } from './database.ts'
import { testDatabase } from './testing/database.ts'

let url: string
let db: Kysely<Record<never, never>>
beforeAll(async () => {
  url = await testDatabase()
  db = openDatabase(url, { prepare: true, lanes: 1, applicationName: 'lanes-test' })
})
afterAll(() => db.destroy())

test('a statement is prepared once, keeps its types, and a hundred at once each get their own answer', async () => {
  const text = `select $1::int * 2 as twice, $2::jsonb as document, $3::timestamptz as at, null::text as nothing`
  const at = new Date('2026-03-01T08:00:00.123Z')
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) => execute(db, text, [n, JSON.stringify({ n: [n] }), at])),
  )
  expect(answers.map(answer => answer.rows)).toEqual(
    answers.map((_, n) => [{ twice: n * 2, document: { n: [n] }, at, nothing: null }]),
  )
  const { rows } = await execute<{ n: number }>(
    db,
    `select count(*)::int as n from pg_prepared_statements where statement like 'select $1::int * 2%' and $1`,
    [true],
  )
  expect(rows).toEqual([{ n: 1 }])
})

test('the count says how many rows a statement changed, with and without rows of its own', async () => {
  await sql`create table counted (id int primary key, seen int not null default 0)`.execute(db)
  const fill = 'insert into counted (id) select generate_series(1, $1::int)'
  expect(await execute(db, fill, [3])).toEqual({ rows: [], count: 3 })
  const see = 'update counted set seen = seen + 1 where id > $1 returning id'
  expect(await execute(db, see, [1])).toEqual({ rows: [{ id: 2 }, { id: 3 }], count: 2 })
  expect(await execute(db, see, [3])).toEqual({ rows: [], count: 0 })
  expect(await execute(db, see, [2])).toEqual({ rows: [{ id: 3 }], count: 1 })
})

test('an error is the answer to its own statement only', async () => {
  const divide = 'select 6 / $1::int as n'
  const [right, wrong, again] = await Promise.allSettled([2, 0, 3].map(n => execute(db, divide, [n])))
  expect(right).toMatchObject({ value: { rows: [{ n: 3 }] } })
  expect(wrong).toMatchObject({ reason: { code: '22012' } })
  expect(again).toMatchObject({ value: { rows: [{ n: 2 }] } })
  const big = 'select $1::bigint as n'
  await expect(execute(db, big, ['9007199254740993'])).rejects.toThrow('beyond 2^53')
  expect((await execute(db, big, ['7'])).rows).toEqual([{ n: 7 }])
})

test('a table that changes its columns fails one statement at most', async () => {
  await sql`create table growing (id int primary key, name text)`.execute(db)
  await sql`insert into growing values (1, 'one')`.execute(db)
  const read = () => execute(db, 'select * from growing where id = $1', [1])
  expect((await read()).rows).toEqual([{ id: 1, name: 'one' }])
  expect((await read()).rows).toEqual([{ id: 1, name: 'one' }])
  await sql`alter table growing add column more int`.execute(db)
  await read().catch(() => undefined)
  expect((await read()).rows).toEqual([{ id: 1, name: 'one', more: null }])
})

test('within a transaction it belongs to the transaction', async () => {
  await sql`create table undone (id int)`.execute(db)
  const insert = 'insert into undone values ($1)'
  await db
    .transaction()
    .execute(async trx => {
      await execute(trx, insert, [1])
      throw new Error('changed my mind')
    })
    .catch(() => undefined)
  await execute(db, insert, [2])
  expect((await execute(db, 'select id from undone where id < $1', [9])).rows).toEqual([{ id: 2 }])
})

test('a connection that the server ends fails what was under way, and the next statement finds another one', async () => {
  const own = 'select pg_backend_pid() as pid where $1'
  const [{ pid } = { pid: 0 }] = (await execute<{ pid: number }>(db, own, [true])).rows
  const waiting = execute(db, 'select pg_sleep($1)', [30])
  const ended = expect(waiting).rejects.toThrow()
  await sql`select pg_terminate_backend(${pid})`.execute(db)
  await ended
  const [{ pid: next } = { pid: 0 }] = (await execute<{ pid: number }>(db, own, [true])).rows
  expect(next).not.toBe(pid)
  expect(next).toBeGreaterThan(0)
})

test('closing waits for what is under way and takes nothing more', async () => {
  const closing = openDatabase<Record<never, never>>(url, { lanes: 2 })
  const last = execute(closing, 'select $1::int as n', [1])
  await last
  await closing.destroy()
  await expect(execute(closing, 'select $1::int as n', [1])).rejects.toThrow()
})
