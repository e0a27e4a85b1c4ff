import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@atrium/platform/postgres'
import { freePort } from '@atrium/platform/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuthority } from '../../testing/certificates.ts'
import { UpstreamError } from '../../types.ts'
import { definitionOf, readerOf } from './testing/database.ts'
import { type MariaDb, noMariaDb, startMariaDb } from './testing/mariadb.ts'

// Servers that really speak TLS, with certificates of an authority that nobody else knows.
const authority = createAuthority('Company CA')
const other = createAuthority('Company CA')
const own = authority.issue('db.corp.test')
const name = 'db.corp.test'

const stops: (() => Promise<unknown>)[] = []
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atrium-tls-'))
  await chmod(folder, 0o755)
})
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
  await rm(folder, { recursive: true, force: true })
})

async function startSecurePostgres(): Promise<string> {
  const settings = { fsync: 'off', max_connections: '20', shared_buffers: '8MB' }
  const server = await startPostgres({ dataDir: join(folder, 'pg'), port: await freePort(), settings })
  stops.push(() => server.stop())
  const client = new pg.Client({ connectionString: server.url('postgres') })
  await client.connect()
  // The server writes its key itself: it takes none that anybody else could have written.
  for (const [file, text] of [
    ['server.crt', own.cert],
    ['server.key', own.key],
  ] as const) {
    const lines = text.trim().split('\n')
    const literal = lines.map(line => `'${line}'`).join(',')
    await client.query(`copy (select unnest(array[${literal}])) to program 'umask 077 && cat > ${file}'`)
  }
  await client.query("alter system set ssl = 'on'")
  await client.query('select pg_reload_conf()')
  await client.query(
    'create view encrypted as select ssl, version from pg_stat_ssl where pid = pg_backend_pid(); grant select on encrypted to public',
  )
  await client.end()
  return server.url('postgres')
}

async function startSecureMariaDb(): Promise<string> {
  await writeFile(join(folder, 'own.crt'), own.cert)
  await writeFile(join(folder, 'own.key'), own.key)
  const db: MariaDb = await startMariaDb([
    `--ssl-cert=${join(folder, 'own.crt')}`,
    `--ssl-key=${join(folder, 'own.key')}`,
  ])
  stops.push(() => db.stop())
  await db.root.query(
    "create database shop; create table shop.encrypted (id int primary key, ssl_ text); insert into shop.encrypted values (1, 'yes'); create user r@'127.0.0.1' identified by 'p' require ssl; grant select on shop.* to r@'127.0.0.1'",
  )
  return `mysql://r:p@127.0.0.1:${db.port}/shop`
}

describe.each([
  ['PostgreSQL', startSecurePostgres, undefined],
  ['MariaDB', startSecureMariaDb, noMariaDb],
] as const)('%s', (server, start, missing) => {
  let at: URL
  beforeAll(async () => {
    if (!missing) at = new URL(await start())
  })
  const ask = async (tls: unknown) => {
    const { protocol, hostname, port, pathname, username: user, password } = at
    const authentication = { kind: 'basic', user, password: decodeURIComponent(password) }
    const endpoint = `${protocol}//${hostname}:${port}${pathname}`
    const reader = await readerOf(definitionOf(endpoint, { authentication, sql: { tls } }))
    const rows = await reader.rows('encrypted', { limit: 1 })
    await reader.carrier.close()
    return rows
  }
  const refusal = async (tls: unknown): Promise<unknown> =>
    await ask(tls).then(
      () => 'it was accepted',
      (error: unknown) => (error instanceof UpstreamError ? [error.code, error.kind] : (error as Error).message),
    )

  test.skipIf(missing)('is read over TLS when its certificate is of the authority and for the name', async () => {
    // A server that was told of its certificate a moment ago takes it at its next connection, or the one after.
    await expect
      .poll(() => ask({ ca: authority.cert, servername: name }).catch(() => undefined), { timeout: 5000 })
      .toEqual([server === 'PostgreSQL' ? { ssl: true, version: 'TLSv1.3' } : { id: 1, ssl_: 'yes' }])
  })

  test.skipIf(missing)('is not spoken to when the certificate is of somebody else, or for another name', async () => {
    expect(await refusal({ ca: other.cert, servername: name })).toEqual(['UPSTREAM_UNTRUSTED', 'system_certificate'])
    expect(await refusal({ ca: authority.cert, servername: 'db2.corp.test' })).toEqual([
      'UPSTREAM_UNTRUSTED',
      'system_certificate_name',
    ])
    // 127.0.0.1 is not in the certificate; one of a mere `localhost` would not do either.
    const numbers = await refusal({ ca: authority.cert })
    if (server === 'PostgreSQL') expect(numbers).toEqual(['UPSTREAM_UNTRUSTED', 'system_certificate_name'])
    else expect(numbers).toMatch(/needs the servername/)
  })
})
