import { testDatabase } from '@atrium/platform/testing'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { UpstreamError } from '../../types.ts'
import { MappingFault } from '../protocol.ts'
import { definitionOf, readerOf } from './testing/database.ts'

/** a loaded machine takes its time */
const patience = { timeout: 15_000 }
const login = { kind: 'basic', user: 'caller', password: 'ge"h eim\'' }
let root: pg.Client
let endpoint: string

beforeAll(async () => {
  const url = await testDatabase()
  root = new pg.Client({ connectionString: url })
  await root.connect()
  await root.query(`
    create table lines (id int primary key);
    insert into lines select generate_series(1, 50);
    do $$ begin create role caller login password 'ge"h eim'''; exception when duplicate_object then null; end $$;
    grant select on lines to caller;`)
  const { hostname, port, pathname } = new URL(url)
  endpoint = `postgresql://${hostname}:${port}${pathname}`
})
afterAll(async () => {
  await root.end()
})

test('a statement that nobody waits for is ended on the server, at the deadline and when the asker goes away', async () => {
  await root.query(
    `create or replace view sleepy as select 1 as id, pg_sleep(30)::text as nap; grant select on sleepy to caller`,
  )
  const own = await readerOf(definitionOf(endpoint, { authentication: login, limits: { concurrent: 2 } }))
  const asleep = async (): Promise<number> =>
    (
      await root.query(
        "select count(*)::int as n from pg_stat_activity where state = 'active' and query like '%sleepy%' and usename = 'caller'",
      )
    ).rows[0].n
  const call = own.described.description.encode('sleepy', { select: ['nap'] })
  const started = performance.now()
  const late = own.carrier.send(call, Date.now() + 300)
  await expect(late).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
  expect(performance.now() - started).toBeLessThan(1500)
  await expect.poll(asleep, patience).toBe(0)

  const leaving = new AbortController()
  const left = own.carrier.send(call, Date.now() + 20_000, leaving.signal)
  left.catch(() => {})
  await expect.poll(asleep, patience).toBe(1)
  leaving.abort()
  await expect(left).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
  await expect.poll(asleep, patience).toBe(0)
  // Both connections are whole again.
  expect(await own.rows('lines', { limit: 1, select: ['id'] })).toEqual([{ id: 1 }])
  await own.carrier.close()
})

test('there are never more connections than allowed, and those lost are replaced', async () => {
  const own = await readerOf(
    definitionOf(endpoint, { authentication: login, limits: { concurrent: 3 }, sql: { tables: ['lines'] } }),
  )
  const pids = async (): Promise<number[]> =>
    (
      await root.query(
        "select pid from pg_stat_activity where usename = 'caller' and query like '%\"lines\"%' or query like '%statement_timeout%' and usename = 'caller'",
      )
    ).rows.map(row => row.pid)
  const before = new Set(await pids())
  const mine = async (): Promise<number[]> => (await pids()).filter(pid => !before.has(pid))
  const read = (): Promise<unknown> => own.rows('lines', { limit: 1, select: ['id'] })
  await Promise.all(Array.from({ length: 40 }, read))
  expect((await mine()).length).toBeLessThanOrEqual(3)
  for (const pid of await mine()) await root.query('select pg_terminate_backend($1)', [pid])
  await expect.poll(async () => (await mine()).length, patience).toBe(0)
  await expect
    .poll(
      async () =>
        await read().then(
          () => 'read',
          () => 'lost',
        ),
      patience,
    )
    .toBe('read')
  await Promise.all(Array.from({ length: 10 }, read))
  await own.carrier.close()
  await expect.poll(async () => (await mine()).length, patience).toBe(0)
})

test('more than is taken is an error, and costs no memory', async () => {
  await root.query(
    `create or replace view wide as select n as id, repeat('x', 100000) as text from generate_series(1, 400) n; grant select on wide to caller`,
  )
  const own = await readerOf(definitionOf(endpoint, { authentication: login, limits: { maxBytes: 1_000_000 } }))
  await expect(own.rows('wide', { limit: 400 })).rejects.toMatchObject({ code: 'UPSTREAM_BAD_ANSWER' })
  expect(await own.rows('wide', { limit: 2, select: ['id'] })).toEqual([{ id: 1 }, { id: 2 }])
  await own.carrier.close()
})

test.each([
  ['a wrong password', { authentication: { ...login, password: 'S3CRET' } }, 'UPSTREAM_UNAUTHENTICATED'],
  ['a database that is not there', { endpoint: 'nowhere' }, 'UPSTREAM_BAD_ANSWER'],
  ['nobody listening', { port: 1 }, 'UPSTREAM_UNAVAILABLE'],
  ['a server without TLS', { sql: { tls: true } }, 'UPSTREAM_UNAVAILABLE'],
] as const)('%s is told without any credential', async (_what, change, code) => {
  const more = { authentication: login, ...change } as Record<string, unknown> & { endpoint?: string; port?: number }
  const address = new URL(endpoint)
  if (more.endpoint) address.pathname = `/${more.endpoint}`
  if (more.port) address.port = String(more.port)
  delete more.port
  delete more.endpoint
  const failed = (await readerOf(definitionOf(address.href, more)).then(
    () => undefined,
    (error: unknown) => error,
  )) as UpstreamError
  expect(failed).toBeInstanceOf(UpstreamError)
  expect(failed.code).toBe(code)
  expect(JSON.stringify({ ...failed, message: failed.message, stack: failed.stack, cause: failed.cause })).not.toMatch(
    /S3CRET|ge.*h eim/,
  )
})

test('what systems.yaml must not say is refused without repeating it', async () => {
  for (const wrong of ['postgresql://u:S3CRET@h/d', 'postgresql://h', 'oracle://h/d', 'x', 'mysql://h/d?ssl=1']) {
    const failed = await readerOf(definitionOf(wrong)).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(failed).toBeInstanceOf(MappingFault)
    expect(String(failed)).not.toContain('S3CRET')
  }
  const keyed = definitionOf(endpoint, { authentication: { kind: 'header', name: 'x', value: 'y' } })
  await expect(readerOf(keyed)).rejects.toThrow(/kind basic/)
  expect(() => definitionOf(endpoint, { sql: { timeZone: 'Asia/Peking' } })).toThrow(/time zone/)
})
