import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Kysely, migrate, openDatabase, platformMigrate, sql } from '@atrium/platform/database'
import { startPostgres } from '@atrium/platform/postgres'
import { freePort } from '@atrium/platform/testing'
import { startTestDirectory, type TestDirectory } from '../src/access/directory.fixture.ts'
import type { Database } from '../src/database/schema.ts'

/** A gateway as in production, its PostgreSQL, and an issuer whose tokens it takes. The systems behind it are down. */
export interface BenchGateway {
  url: string
  databaseUrl: string
  db: Kysely<Database>
  directory: TestDirectory
  pid: number
  postmaster: number
  stop(): Promise<void>
}

/**
 * Starts them and makes `people` employees: `p0`, `p1` …, with ERP user ids `n0`, `n1` …
 * @param options `configDir` instead of the sample company's; more variables of the environment; `prepare` fills the
 * directory before the gateway reads it
 */
export async function startBenchGateway(
  people: number,
  options: {
    configDir?: string
    env?: Record<string, string>
    execArgv?: string[]
    prepare?: (directory: TestDirectory) => void
  } = {},
): Promise<BenchGateway> {
  const dataDir = await mkdtemp(join(tmpdir(), 'atrium-bench-gateway-'))
  const postgres = await startPostgres({ dataDir, port: await freePort() })
  await postgres.createDatabase('gateway')
  const databaseUrl = postgres.url('gateway')
  const db = openDatabase<Database>(databaseUrl, { max: 16 })
  await platformMigrate(db)
  await migrate(db, new URL('../src/database/migrations/', import.meta.url))
  await hire(db, people)
  const directory = await startTestDirectory()
  options.prepare?.(directory)
  const port = await freePort()
  const child = spawn(
    process.execPath,
    [...(options.execArgv ?? []), new URL('../src/main.ts', import.meta.url).pathname],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env.PATH,
        LOG_LEVEL: 'fatal',
        PORT: String(port),
        DATABASE_URL: databaseUrl,
        ISSUER: directory.issuer,
        PORTAL_URL: 'http://localhost:9',
        CLIENT_SECRET: 'none',
        ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
        CONFIG_DIR: options.configDir ?? new URL('../../test/company/gateway', import.meta.url).pathname,
        CRM_URL: 'http://127.0.0.1:9',
        OA_URL: 'http://127.0.0.1:9',
        ERP_URL: 'http://127.0.0.1:9',
        CRM_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 2).toString('base64')}`,
        ...options.env,
      },
    },
  )
  const url = `http://127.0.0.1:${port}`
  await untilReady(url, child)
  return {
    url,
    databaseUrl,
    db,
    directory,
    pid: child.pid ?? 0,
    postmaster: postgres.pid,
    stop: async () => {
      const ended = new Promise(resolve => child.once('exit', resolve))
      child.kill('SIGTERM')
      await ended
      await db.destroy()
      await directory.stop()
      await postgres.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function hire(db: Kysely<Database>, count: number): Promise<void> {
  await sql`
    insert into people (id, username, name, position, department_name, department_path, business_roles, systems, active, modified_at, digest, version)
    select 'p' || n, 'p' || n, '{"zh":"员工","en":"Employee"}', '{"zh":"","en":""}', '{"zh":"","en":""}', '{hx}', '{employee}', '{}', true, now(), '', 1
    from generate_series(0, ${count - 1}) n`.execute(db)
  await sql`insert into person_account (person_id, system, native_id) select 'p' || n, 'erp', 'n' || n from generate_series(0, ${count - 1}) n`.execute(
    db,
  )
  await sql`update people_sync set ok_at = now(), version = 1`.execute(db)
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  for (let n = 0; n < 300; n++) {
    if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}`)
    const ready = await fetch(`${url}/readyz`).then(
      response => response.ok,
      () => false,
    )
    if (ready) return
    await wait(100)
  }
  throw new Error('the gateway did not become ready within 30 s')
}
