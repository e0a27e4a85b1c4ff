import { testDatabase } from '@atrium/platform/testing'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { UpstreamError } from '../../types.ts'
import { InputFault, MappingFault, type Question } from '../protocol.ts'
import { definitionOf, type Reader, readerOf } from './testing/database.ts'

let root: pg.Client
let endpoint: string
let reader: Reader
const login = { kind: 'basic', user: 'reader', password: 'ge"h eim\'' }

beforeAll(async () => {
  const url = await testDatabase()
  root = new pg.Client({ connectionString: url })
  await root.connect()
  await root.query(`
    create table customers (id bigint primary key, code char(8), name text, "Größe" numeric(30, 10), big bigint, small int,
      ratio double precision, active boolean, day date, wall timestamp, exact timestamptz, doc jsonb, photo bytea, tags text[],
      u uuid, mood text);
    insert into customers values
      (9007199254740993, '0012', '名称 ''O"Brien', 12345678901234567890.1234567890, -9223372036854775808, 7, 0.1, true, '2026-02-28',
       '2026-03-01 08:30:00.5', '2026-03-01 08:30:00+08', '{"a": {"b": 9007199254740993}}', '\\x00', '{a}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'x'),
      (2, 'B', '50% off_', 2.50, 2, -1, 'NaN', false, 'infinity', null, 'infinity', null, null, null, null, 'y'),
      (3, 'C', 'back\\slash', null, null, null, null, null, null, null, null, null, null, null, null, null);
    create schema other;
    create table other.things ("we""ird" text, n int);
    create view parents as select id, code as parent, mood, "Größe" as amount from customers;
    create table lines (id int primary key, parent text, due date, amount numeric(20, 2), currency text);
    insert into lines select n, 'p' || n % 5, date '2026-01-01' + n, n + 0.10, case when n % 2 = 0 then 'CNY' else 'USD' end from generate_series(1, 50) n;
    create table secret (id int primary key, word text);
    insert into secret values (1, 'xyzzy');
    do $$ begin create role reader login password 'ge"h eim'''; exception when duplicate_object then null; end $$;
    grant usage on schema other to reader;
    grant select, insert, update, delete on customers, parents, lines, other.things to reader;`)
  const { hostname, port, pathname } = new URL(url)
  endpoint = `postgresql://${hostname}:${port}${pathname}`
  reader = await readerOf(
    definitionOf(endpoint, { authentication: login, zone: 'Asia/Shanghai', sql: { schemas: ['public', 'other'] } }),
  )
})
afterAll(async () => {
  await reader.carrier.close()
  await root.end()
})

test('tables and views are described as the account sees them, and two readings are the same', async () => {
  const { operations, protocolVersion } = reader.described.description
  expect([...operations.keys()]).toEqual(['customers', 'lines', 'other.things', 'parents'])
  expect([...operations.values()].every(one => one.safe)).toBe(true)
  expect(protocolVersion).toBe('postgresql')
  const again = await readerOf(
    definitionOf(endpoint, { authentication: login, sql: { schemas: ['public', 'other'], timeZone: 'Asia/Shanghai' } }),
  )
  expect(again.described.hash).toBe(reader.described.hash)
  expect(again.described.document).not.toMatch(/geh|eim/)
  await again.carrier.close()
  const few = await readerOf(definitionOf(endpoint, { authentication: login, sql: { tables: ['par*', 'lin?s'] } }))
  expect([...few.described.description.operations.keys()]).toEqual(['parents'])
  await few.carrier.close()
})

test('values keep their digits, ids are text, times are exact', async () => {
  const rows = await reader.rows('customers', { sort: 'id desc' })
  expect(rows[0]).toEqual({
    id: '9007199254740993',
    code: '0012',
    name: '名称 \'O"Brien',
    Größe: '12345678901234567890.1234567890',
    big: '-9223372036854775808',
    small: 7,
    ratio: 0.1,
    active: true,
    day: '2026-02-28',
    // The wall clock of Shanghai is eight hours ahead.
    wall: '2026-03-01T00:30:00.5Z',
    exact: '2026-03-01T00:30:00Z',
    doc: { a: { b: '9007199254740993' } },
    u: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    mood: 'x',
  })
  // What is no value of the calendar stays what the server wrote, for the dictionary to report.
  expect(rows[2]).toMatchObject({ ratio: 'NaN', day: 'infinity', exact: 'infinity' })
  expect(rows[1]).toMatchObject({ id: '3', name: 'back\\slash', Größe: null, active: null, wall: null })
})

test.each<[string, Question['where'], string[]]>([
  ['ids', [{ field: 'id', op: 'in', values: ['3', '9007199254740993', '77'] }], ['3', '9007199254740993']],
  ['a neighbour of a wide id', [{ field: 'id', op: 'in', values: ['9007199254740992'] }], []],
  [
    'keys that no number is',
    [{ field: 'id', op: 'in', values: ['0003', 'abc', '', '1e0', "3'", '99999999999999999999'] }],
    [],
  ],
  ['a column filled up with spaces', [{ field: 'code', op: 'in', values: ['0012'] }], ['9007199254740993']],
  ['text with quotes', [{ field: 'name', op: 'eq', values: ['名称 \'O"Brien'] }], ['9007199254740993']],
  ['a part of text', [{ field: 'name', op: 'contains', values: ['BRIEN'] }], ['9007199254740993']],
  ['the signs of patterns as they stand', [{ any: ['name', 'mood'], contains: '% off_' }], ['2']],
  ['an underscore', [{ any: ['name'], contains: '0_' }], []],
  ['a backslash', [{ any: ['name'], contains: 'k\\s' }], ['3']],
  ['a decimal', [{ field: 'Größe', op: 'gt', values: ['2.4999999999'] }], ['2', '9007199254740993']],
  ['true', [{ inputs: { active: true } }], ['9007199254740993']],
  [
    'a wall clock told as an exact time',
    [{ field: 'wall', op: 'ge', values: ['2026-03-01T00:30:00Z'] }],
    ['9007199254740993'],
  ],
  ['an exact time', [{ field: 'exact', op: 'lt', values: ['2026-03-01T09:00:00+08:00'] }], ['9007199254740993']],
  ['a uuid', [{ field: 'u', op: 'in', values: ['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'no'] }], ['9007199254740993']],
  [
    'a condition of the mapping',
    [{ raw: "mood in ('x', 'y') and not (day >= 2026-12-31 or small is null)" }],
    ['9007199254740993'],
  ],
  ['a condition with a name in quotes', [{ raw: '"Größe" < 3 or active <> true' }], ['2']],
  ['a character that PostgreSQL has not', [{ field: 'name', op: 'in', values: ['a\0'] }], []],
])('finds by %s', async (_what, where, ids) => {
  const { rows } = await reader.ask({ operation: 'customers' }, { where, select: ['id'], sort: 'id' })
  expect(rows.map(row => row.id)).toEqual(ids)
})

test('a page says how many there are, whether it is full, short or beyond the end', async () => {
  const page = (offset: number, limit: number): Promise<{ rows: unknown[]; total: number | null }> =>
    reader.ask({ operation: 'lines' }, { offset, limit, count: true, sort: 'currency desc' })
  expect((await page(0, 10)).total).toBe(50)
  expect((await page(40, 20)).rows).toHaveLength(10)
  expect((await page(40, 20)).total).toBe(50)
  expect(await page(60, 10)).toEqual({ rows: [], total: 50 })
  // An order with ties is completed by the key: pages neither overlap nor leave anything out.
  const all = await Promise.all([0, 10, 20, 30, 40].map(offset => page(offset, 10)))
  expect(new Set(all.flatMap(one => one.rows.map(row => (row as { id: number }).id))).size).toBe(50)
})

test('questions of many parents are one statement, each answer under its own', async () => {
  const { description } = reader.described
  const entity = { operation: 'lines', input: {}, filter: {} } as never
  const parents = ['p3', 'nobody', 'p0', "'); drop table lines; --"]
  const call = description.askTogether?.(
    entity,
    parents.map(parent => ({
      where: [{ field: 'parent', op: 'in', values: [parent] }],
      offset: 0,
      limit: 3,
      count: false,
      select: ['id', 'parent'],
      sort: 'id desc',
    })),
  )
  const answer = await reader.invoke(call?.operation as string, call?.input ?? {})
  expect(description.rowsTogether?.(entity, answer)).toEqual([
    { rows: [48, 43, 38].map(id => ({ id, parent: 'p3' })), total: null },
    { rows: [], total: null },
    { rows: [50, 45, 40].map(id => ({ id, parent: 'p0' })), total: null },
    { rows: [], total: null },
  ])
})

test('sums are made by the database, exactly', async () => {
  const { description } = reader.described
  const call = description.askSums?.({ operation: 'lines', input: { where: 'id <= 4' }, filter: {} } as never, {
    where: [{ raw: "due < '2026-12-31'" }],
    by: ['currency'],
    sum: { Sum_due: 'amount' },
    count: 'Sum_n',
  })
  const answer = (await reader.invoke(call?.operation as string, call?.input ?? {})) as {
    value: { currency: string }[]
  }
  expect(answer.value.sort((a, b) => (a.currency < b.currency ? -1 : 1))).toEqual([
    { currency: 'CNY', Sum_due: '6.20', Sum_n: 2 },
    { currency: 'USD', Sum_due: '4.20', Sum_n: 2 },
  ])
})

test('nothing can be written, even by an account that may', async () => {
  const plan = (text: string): string => JSON.stringify({ columns: [], statements: [{ text, values: [] }] })
  for (const text of [
    "insert into lines values (99, 'x', null, 1, 'X')",
    'delete from lines',
    'with gone as (delete from lines returning 1) select * from gone',
    'create table mine (id int)',
    'begin read write; delete from lines; commit',
  ]) {
    const call = { method: 'POST', url: 'sql:query', headers: {}, body: plan(text) } as const
    await expect(reader.carrier.send(call, Date.now() + 2000)).rejects.toBeInstanceOf(UpstreamError)
  }
  expect((await root.query('select count(*) from lines')).rows[0].count).toBe('50')
})

test('hostile text is a value, wherever it stands', async () => {
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (value, other) => {
      const found = await reader.ask(
        { operation: 'customers' },
        {
          where: [
            { field: 'name', op: 'in', values: [value, other] },
            { any: ['name', 'mood'], contains: value },
          ],
          select: ['id'],
        },
      )
      expect(found.rows).toEqual([])
    }),
    { numRuns: 60 },
  )
  expect((await root.query('select count(*) from customers')).rows[0].count).toBe('3')
})

test('hostile names are refused before anything is sent', async () => {
  const { description } = reader.described
  fc.assert(
    fc.property(hostile, name => {
      const wheres: Question['where'][] = [
        [{ field: name, op: 'in', values: ['1'] }],
        [{ any: [name], contains: 'x' }],
        [{ inputs: { [name]: 1 } }],
        [{ raw: name }],
        [{ raw: `"${name.replaceAll('"', '""')}" = 1` }],
        [{ raw: `id = ${name}` }],
      ]
      for (const where of wheres) expect(() => description.encode('customers', { where })).toThrow(InputFault)
      expect(() => description.encode('customers', { select: [name] })).toThrow(InputFault)
      expect(() => description.encode('customers', { sort: name })).toThrow(InputFault)
      expect(() => description.encode(name, {})).toThrow(InputFault)
      const sums = { where: [], by: [name], sum: {}, count: undefined }
      expect(() => description.encode('customers', { sums })).toThrow(InputFault)
    }),
    { numRuns: 300 },
  )
  for (const limit of [-1, 1.5, Number.NaN, '1; drop table lines'])
    expect(() => description.encode('lines', { limit })).toThrow(InputFault)
})

// Never the word of a column, never a plain number, which would be a good condition or key.
const hostile = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
    fc.constantFrom(
      "'",
      '"',
      '\\',
      "' or 1=1 --",
      '"; drop table customers; --',
      '$1',
      '$$',
      '?',
      '/*',
      '`',
      '%',
      "\\' or true --",
      'U&"\\0061"',
      'id" = 1 or "id',
      "E'\\''",
    ),
    fc
      .array(fc.constantFrom("'", '"', '\\', ' or ', '1=1', '--', ';', '$1', '(', ')', 'select', '\u0000', '名'), {
        minLength: 3,
        maxLength: 8,
      })
      .map(list => `~${list.join('')}`),
  )
  .filter(text => !/^[\s%_]*$/.test(text) && !/^[\p{L}\p{N}_.%\s]*$/u.test(text))

test('a table is named by its whole name only, its columns by theirs', () => {
  const { description } = reader.described
  const check = (entity: Record<string, unknown>, paths: string[]) => () =>
    description.check({ input: {}, filter: {}, ...entity } as never, paths)
  expect(check({ operation: 'customers' }, ['id', 'doc.a.b'])).not.toThrow()
  expect(check({ operation: 'other.things' }, ['we"ird'])).not.toThrow()
  for (const [entity, paths, says] of [
    [{ operation: 'secret' }, [], 'no table or view secret'],
    [{ operation: 'Customers' }, [], 'no table or view Customers'],
    [{ operation: 'customers' }, ['nome'], 'no column nome'],
    [{ operation: 'customers' }, ['photo'], 'bytea, which is not read'],
    [{ operation: 'customers' }, ['tags'], '_text, which is not read'],
    [{ operation: 'customers' }, ['name.x'], 'no document of JSON in name'],
    [{ operation: 'customers', filter: { q: { any: ['nome'] } } }, [], 'no column nome'],
    [{ operation: 'customers', filter: { q: { when: { A: "nome = '$today'" } } } }, [], 'no column nome'],
    [{ operation: 'customers', filter: { q: { when: { A: "name = 'x'; drop table x" } } } }, [], 'is no condition'],
    [{ operation: 'customers', sort: 'name descending' }, [], 'is no order'],
    [{ operation: 'customers', sort: 'nome desc' }, [], 'no column nome'],
    [{ operation: 'customers', input: { where: 'nome = 1' } }, [], 'no column nome'],
    [{ operation: 'customers', input: { having: '1' } }, [], 'takes no having'],
    [
      { operation: 'lines', aggregate: { by: 'id', currency: 'currency', measures: { a: { sum: 'nome' } } } },
      [],
      'no column nome',
    ],
  ] as const)
    expect(check(entity, [...paths])).toThrow(new RegExp(`^db.*${says}`))
  expect(check({ operation: 'secret' }, [])).toThrow(MappingFault)
})
