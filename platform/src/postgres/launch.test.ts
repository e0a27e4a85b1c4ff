import { spawn, spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { freePort } from '../testing/free-port.ts'
import { type EmbeddedPostgres, startPostgres } from './launch.ts'

const made: string[] = []
const started: EmbeddedPostgres[] = []

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop()
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function closedFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-pg-'))
  made.push(folder)
  await chmod(folder, 0o700)
  return folder
}

async function ask(server: Pick<EmbeddedPostgres, 'url'>, query: string, database = 'postgres'): Promise<unknown> {
  const client = new pg.Client({ connectionString: server.url(database) })
  await client.connect()
  try {
    return (await client.query({ text: query, rowMode: 'array' })).rows[0]?.[0]
  } finally {
    await client.end()
  }
}

test('in a folder of mode 0700 and under LANG=C the server speaks UTF-8, keeps its password closed and calls fsync', async () => {
  const folder = await closedFolder()
  const before = process.env.LANG
  process.env.LANG = 'C'
  const server = await startPostgres({ dataDir: join(folder, 'data'), port: await freePort() })
  process.env.LANG = before
  started.push(server)
  expect(await ask(server, 'show server_encoding')).toBe('UTF8')
  expect(await ask(server, 'show fsync')).toBe('on')
  expect(await ask(server, 'select host(inet_client_addr())')).toBe('127.0.0.1')
  expect(await ask({ url: server.localUrl }, 'select inet_client_addr()')).toBeNull()
  expect(
    await ask(server, `select string_agg(n, '' order by n collate "zh-x-icu") from unnest(array['张','李','王']) n`),
  ).toBe('李王张')
  expect((await stat(join(folder, 'data', 'atrium-postgres.json'))).mode & 0o777).toBe(0o600)
})

test('after a kill -9 of the one who started it, the next start attaches to the running server and finds its rows', async () => {
  const folder = await closedFolder()
  const port = await freePort()
  const script = `
    import { startPostgres } from ${JSON.stringify(new URL('./launch.ts', import.meta.url).href)}
    import pg from 'pg'
    const server = await startPostgres({ dataDir: ${JSON.stringify(folder)}, port: ${port} })
    await server.createDatabase('kept')
    const client = new pg.Client({ connectionString: server.url('kept') })
    await client.connect()
    await client.query('create table t as select 42 as n')
    console.log(server.pid)
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    cwd: new URL('.', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const pid = await new Promise<number>(resolve => parent.stdout.once('data', data => resolve(Number(data))))
  parent.kill('SIGKILL')
  await new Promise(resolve => parent.once('close', resolve))
  const server = await startPostgres({ dataDir: folder, port })
  started.push(server)
  expect(server.pid).toBe(pid)
  expect(await ask(server, 'select n from t', 'kept')).toBe(42)
})

test('after a kill -9 of the server itself the next start recovers what was committed', async () => {
  const folder = await closedFolder()
  const port = await freePort()
  const first = await startPostgres({ dataDir: folder, port })
  await ask(first, 'create table t as select 7 as n')
  process.kill(first.pid, 'SIGKILL')
  const second = await startPostgres({ dataDir: folder, port })
  started.push(second)
  expect(second.pid).not.toBe(first.pid)
  expect(await ask(second, 'select n from t')).toBe(7)
})

const root = process.getuid?.() === 0

test.skipIf(!root)('as root without user namespaces it runs under another uid', async () => {
  const folder = await closedFolder()
  await chmod(folder, 0o755)
  process.env.ATRIUM_NO_USER_NAMESPACE = '1'
  try {
    const server = await startPostgres({ dataDir: join(folder, 'data'), port: await freePort() })
    started.push(server)
    expect(await ask(server, 'select 1')).toBe(1)
  } finally {
    delete process.env.ATRIUM_NO_USER_NAMESPACE
  }
})

test.skipIf(!root || spawnSync('unshare', ['--user', '--map-user=1000', 'true']).status !== 0)(
  'as an ordinary user it runs directly',
  async () => {
    const folder = await closedFolder()
    await mkdir(join(folder, 'data'))
    const script = `
    import { startPostgres } from ${JSON.stringify(new URL('./launch.ts', import.meta.url).href)}
    const server = await startPostgres({ dataDir: ${JSON.stringify(join(folder, 'data'))}, port: ${await freePort()} })
    await server.stop()
    console.log('uid', process.getuid())`
    const done = spawnSync(
      'unshare',
      [
        '--user',
        '--map-user=1000',
        '--map-group=1000',
        process.execPath,
        '--input-type=module-typescript',
        '-e',
        script,
      ],
      {
        cwd: new URL('.', import.meta.url),
        encoding: 'utf8',
      },
    )
    expect(done.stderr).toBe('')
    expect(done.stdout).toBe('uid 1000\n')
  },
)
