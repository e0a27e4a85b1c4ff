import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuthority } from '../../testing/certificates.ts'
import { UpstreamError } from '../../types.ts'
import type { Question } from '../protocol.ts'
import { definitionOf, type Reader, readerOf } from './testing/database.ts'
import { type MariaDb, noMariaDb, startMariaDb } from './testing/mariadb.ts'

/** a loaded machine takes its time */
const patience = { timeout: 15_000 }

const login = { kind: 'basic', user: 'reader', password: 'S3CRET\'`"' }
let db: MariaDb
let endpoint: string
let reader: Reader

beforeAll(async () => {
  if (noMariaDb) return
  db = await startMariaDb()
  await db.root.query(`
    set sql_mode = '';
    create database \`wei\`\`rd-db\`;
    use \`wei\`\`rd-db\`;
    create table orders (id bigint primary key, no varchar(20), name varchar(100), amount decimal(30, 10), wide bigint unsigned,
      n int unsigned, rate float, ratio double, paid tinyint(1), level tinyint(4), flag bit(1), bits bit(5), day date, wall datetime(3),
      exact timestamp(3) null, at time, y year, kind enum('a', 'b'), doc json, photo blob, raw varbinary(10), old varchar(20) character set gbk);
    set time_zone = '+08:00';
    insert into orders values
      (9007199254740993, '0012', '名称 ''O\\"Brien 𠮷', 12345678901234567890.1234567890, 18446744073709551615, 4294967295, 0.1, 0.1, 1, -5,
       b'1', b'10101', '2026-02-28', '2026-03-01 08:30:00.500', '2026-03-01 08:30:00', '-12:30:00', 2026, 'b', '{"a": 9007199254740993}', 'x', 'x', '金蝶'),
      (2, 'b', '50% off_', 2.5, 2, 2, 16777216, 1e300, 0, 5, b'0', null, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', null, 0, 'a', null, null, null, null),
      (3, 'C', 'back\\\\slash', null, null, null, null, null, 2, null, null, null, null, null, null, null, null, null, null, null, null, null);
    create table \`li\`\`nes\` (id int primary key, parent varchar(10), \`a\`\`b\` int, amount decimal(20, 2), currency varchar(3));
    insert into \`li\`\`nes\` select seq, concat('p', seq % 5), seq, seq + 0.10, if(seq % 2, 'USD', 'CNY') from seq_1_to_50;
    create view parents as select id, no as parent from orders;
    create view sleepy as select 1 as id, sleep(30) as nap;
    create view wide as select seq as id, repeat('x', 100000) as text from seq_1_to_400;
    create table secret (id int);
    create user reader@localhost identified by 'S3CRET\\'\`"';
    grant select, insert, update, delete on orders to reader@localhost;
    grant select, insert, delete on \`li\`\`nes\` to reader@localhost;
    grant select on parents to reader@localhost; grant select on sleepy to reader@localhost; grant select on wide to reader@localhost;`)
  endpoint = `mysql://127.0.0.1:${db.port}/${encodeURIComponent('wei`rd-db')}`
  reader = await readerOf(definitionOf(endpoint, { authentication: login, sql: { timeZone: 'Asia/Shanghai' } }))
}, 60_000)
afterAll(async () => {
  await reader?.carrier.close()
  await db?.stop()
})

test.skipIf(noMariaDb)('tables and views are described as the account sees them', async () => {
  const { description, hash } = reader.described
  expect([...description.operations.keys()]).toEqual(['li`nes', 'orders', 'parents', 'sleepy', 'wide'])
  expect(description.protocolVersion).toBe('mysql')
  const bySocket = `mysql://localhost/${encodeURIComponent('wei`rd-db')}?socket=${db.socket}`
  const again = await readerOf(definitionOf(bySocket, { authentication: login }))
  expect(again.described.hash).toBe(hash)
  await again.carrier.close()
  for (const column of ['photo', 'raw', 'bits'])
    expect(() => description.check({ operation: 'orders', input: {}, filter: {} } as never, [column])).toThrow(
      /not read/,
    )
})

test.skipIf(noMariaDb)('values keep their digits, a day nought is none, tinyint(1) is true or false', async () => {
  const rows = await reader.rows('orders', { sort: 'id desc' })
  expect(rows[0]).toEqual({
    id: '9007199254740993',
    no: '0012',
    name: '名称 \'O"Brien 𠮷',
    amount: '12345678901234567890.1234567890',
    wide: '18446744073709551615',
    n: 4294967295,
    rate: 0.1,
    ratio: 0.1,
    paid: true,
    level: -5,
    flag: true,
    day: '2026-02-28',
    // The wall clock of Shanghai is eight hours ahead; a timestamp is exact by itself.
    wall: '2026-03-01T00:30:00.5Z',
    exact: '2026-03-01T00:30:00Z',
    at: '-12:30:00',
    y: 2026,
    kind: 'b',
    doc: '{"a": 9007199254740993}',
    old: '金蝶',
  })
  expect(rows[2]).toMatchObject({
    rate: 16777216,
    ratio: 1e300,
    paid: false,
    flag: false,
    day: null,
    wall: null,
    exact: null,
    y: 0,
  })
  expect(rows[1]).toMatchObject({ paid: true, amount: null, wide: null, flag: null })
})

test.skipIf(noMariaDb).each<[string, Question['where'], string[]]>([
  ['ids', [{ field: 'id', op: 'in', values: ['3', '9007199254740993', '77'] }], ['3', '9007199254740993']],
  ['a neighbour of a wide id', [{ field: 'id', op: 'in', values: ['9007199254740992', '9007199254740994'] }], []],
  ['a neighbour of an unsigned id', [{ field: 'wide', op: 'eq', values: ['18446744073709551614'] }], []],
  ['an unsigned id', [{ field: 'wide', op: 'eq', values: ['18446744073709551615'] }], ['9007199254740993']],
  [
    'keys that no number is',
    [{ field: 'id', op: 'in', values: ['0003', 'abc', '', "3'", '3 ', '99999999999999999999'] }],
    [],
  ],
  ['text that a number would be', [{ field: 'no', op: 'in', values: [12, '12'] }], []],
  ['leading zeros', [{ field: 'no', op: 'in', values: ['0012'] }], ['9007199254740993']],
  ['text with quotes', [{ field: 'name', op: 'eq', values: ['名称 \'O"Brien 𠮷'] }], ['9007199254740993']],
  ['text of a column in GBK', [{ field: 'old', op: 'eq', values: ['金蝶'] }], ['9007199254740993']],
  ['the signs of patterns as they stand', [{ any: ['name', 'no'], contains: '% off_' }], ['2']],
  ['an underscore', [{ any: ['name'], contains: '0_' }], []],
  ['a backslash', [{ any: ['name'], contains: 'k\\s' }], ['3']],
  ['a decimal', [{ field: 'amount', op: 'gt', values: ['2.4999999999'] }], ['2', '9007199254740993']],
  ['the neighbour of a long decimal', [{ field: 'amount', op: 'gt', values: ['12345678901234567890.1234567890'] }], []],
  ['true, written 1 or 2', [{ inputs: { paid: true } }], ['3', '9007199254740993']],
  ['a bit', [{ field: 'flag', op: 'eq', values: ['false'] }], ['2']],
  [
    'a wall clock told as an exact time',
    [{ field: 'wall', op: 'ge', values: ['2026-03-01T00:30:00Z'] }],
    ['9007199254740993'],
  ],
  ['an exact time', [{ field: 'exact', op: 'eq', values: ['2026-03-01T08:30:00+08:00'] }], ['9007199254740993']],
  ['a day', [{ field: 'day', op: 'in', values: ['2026-02-28', 'x'] }], ['9007199254740993']],
  [
    'a condition of the mapping',
    [{ raw: "kind in ('a', 'b') and not (ratio > 1 or day is null)" }],
    ['9007199254740993'],
  ],
])('finds by %s', async (_what, where, ids) => {
  const { rows } = await reader.ask({ operation: 'orders' }, { where, select: ['id'], sort: 'id' })
  expect(rows.map(row => row.id)).toEqual(ids)
})

test.skipIf(noMariaDb)('pages, children and sums', async () => {
  const page = await reader.ask(
    { operation: 'li`nes' },
    { offset: 40, limit: 5, count: true, sort: 'currency desc, a`b desc' },
  )
  expect(page.total).toBe(50)
  expect(page.rows.map(row => row.id)).toEqual([20, 18, 16, 14, 12])
  expect(await reader.ask({ operation: 'li`nes' }, { offset: 60, limit: 5, count: true })).toEqual({
    rows: [],
    total: 50,
  })

  const { description } = reader.described
  const entity = { operation: 'li`nes', input: {}, filter: {} } as never
  const parents = ['p3', 'nobody', 'p0', "'); drop table orders; --"]
  const call = description.askTogether?.(
    entity,
    parents.map(parent => ({
      where: [{ field: 'parent', op: 'in', values: [parent] }],
      offset: 0,
      limit: 2,
      count: false,
      select: ['id', 'parent'],
      sort: 'id desc',
    })),
  )
  expect(description.rowsTogether?.(entity, await reader.invoke('li`nes', call?.input ?? {}))).toEqual([
    { rows: [48, 43].map(id => ({ id, parent: 'p3' })), total: null },
    { rows: [], total: null },
    { rows: [50, 45].map(id => ({ id, parent: 'p0' })), total: null },
    { rows: [], total: null },
  ])
  const sums = description.askSums?.(entity, {
    where: [{ field: 'id', op: 'le', values: [4] }],
    by: ['currency'],
    sum: { Sum_a: 'amount' },
    count: 'Sum_n',
  })
  const answer = (await reader.invoke('li`nes', sums?.input ?? {})) as { value: { currency: string }[] }
  expect(answer.value.sort((a, b) => (a.currency < b.currency ? -1 : 1))).toEqual([
    { currency: 'CNY', Sum_a: '6.20', Sum_n: 2 },
    { currency: 'USD', Sum_a: '4.20', Sum_n: 2 },
  ])
})

test.skipIf(noMariaDb)('nothing can be written, even by an account that may', async () => {
  for (const text of [
    'delete from orders',
    'insert into orders (id) values (99)',
    'select 1; delete from orders',
    'create table x (id int)',
  ]) {
    const body = JSON.stringify({ columns: [], statements: [{ text, values: [] }] })
    const sent = reader.carrier.send({ method: 'POST', url: 'sql:query', headers: {}, body }, Date.now() + 2000)
    await expect(sent).rejects.toBeInstanceOf(UpstreamError)
  }
  const [rows] = await db.root.query('select count(*) as n from orders')
  expect(rows).toEqual([{ n: 3 }])
})

test.skipIf(noMariaDb)('hostile text is a value, wherever it stands', async () => {
  const hostile = fc
    .oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
      fc.constantFrom(
        "'",
        '"',
        '\\',
        "' or 1=1 -- ",
        "\\' or 1=1 -- ",
        '`',
        '?',
        '#',
        '/*!50000 or 1=1 */',
        '%',
        '!',
        '0x27',
        "縗' or 1=1 -- ",
      ),
    )
    .map(text => `~${text}`)
  await fc.assert(
    fc.asyncProperty(hostile, hostile, async (value, other) => {
      const found = await reader.ask(
        { operation: 'orders' },
        {
          where: [
            { field: 'name', op: 'in', values: [value, other] },
            { any: ['name', 'no', 'old', 'id'], contains: value },
          ],
          select: ['id'],
        },
      )
      expect(found.rows).toEqual([])
    }),
    { numRuns: 60 },
  )
})

test.skipIf(noMariaDb)('a statement that nobody waits for is ended on the server', async () => {
  const asleep = async (): Promise<number> => {
    const [rows] = await db.root.query(
      "select count(*) as n from information_schema.processlist where user = 'reader' and info like '%sleepy%'",
    )
    return (rows as { n: number }[])[0]?.n ?? -1
  }
  const call = reader.described.description.encode('sleepy', { select: ['nap'] })
  await expect(reader.carrier.send(call, Date.now() + 300)).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
  await expect.poll(asleep, patience).toBe(0)
  const leaving = new AbortController()
  const left = reader.carrier.send(call, Date.now() + 20_000, leaving.signal)
  left.catch(() => {})
  await expect.poll(asleep, patience).toBe(1)
  leaving.abort()
  await expect(left).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
  await expect.poll(asleep, patience).toBe(0)
  expect(await reader.rows('parents', { limit: 1, select: ['id'], sort: 'id' })).toEqual([{ id: '2' }])
})

test.skipIf(noMariaDb)('more than is taken is an error', async () => {
  const own = await readerOf(definitionOf(endpoint, { authentication: login, limits: { maxBytes: 1_000_000 } }))
  await expect(own.rows('wide', { limit: 400 })).rejects.toMatchObject({ code: 'UPSTREAM_BAD_ANSWER' })
  expect(await own.rows('wide', { limit: 2, select: ['id'], sort: 'id' })).toMatchObject([{ id: '1' }, { id: '2' }])
  await own.carrier.close()
})

test.skipIf(noMariaDb).each([
  ['a wrong password', { authentication: { ...login, password: 'OTHERS3CRET' } }, 'UPSTREAM_UNAUTHENTICATED'],
  ['a database that may not be seen', { path: 'mysql' }, 'UPSTREAM_REFUSED'],
  ['nobody listening', { port: 1 }, 'UPSTREAM_UNAVAILABLE'],
  [
    'a server without TLS',
    { sql: { tls: { ca: createAuthority('CA').cert, servername: 'db' } } },
    'UPSTREAM_UNAVAILABLE',
  ],
] as const)('%s is told without any credential', async (_what, change, code) => {
  const { path, port, ...more } = { authentication: login, path: undefined, port: undefined, ...change } as Record<
    string,
    unknown
  >
  const address = new URL(endpoint)
  if (path) address.pathname = `/${path}`
  if (port) address.port = String(port)
  const failed = (await readerOf(definitionOf(address.href, more)).then(
    () => undefined,
    (error: unknown) => error,
  )) as UpstreamError
  expect(failed).toBeInstanceOf(UpstreamError)
  expect(failed.code).toBe(code)
  expect(
    JSON.stringify({ ...failed, message: failed.message, stack: failed.stack, cause: failed.cause }),
  ).not.toContain('S3CRET')
})
