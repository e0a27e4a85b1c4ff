import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Kysely, migrate, openDatabase, platformMigrate } from '@atrium/platform/database'
import { startPostgres } from '@atrium/platform/postgres'
import { nodeOptions, smallHeap } from '@atrium/platform/supervise'
import { freePort } from '@atrium/platform/testing'
import { entry, startTestDirectory, type TestDirectory } from '../src/access/directory.fixture.ts'
import type { Database } from '../src/database/schema.ts'

/** Somebody who may publish. */
export const administrator = 'admin'

/** A gateway as in production, which can be started again on the same database. */
export interface RestartableGateway {
  url: string
  db: Kysely<Database>
  directory: TestDirectory
  readonly pid: number
  /** from the start of the process until it was ready */
  readonly startedInMs: number
  restart(): Promise<void>
  stop(): Promise<void>
}

export async function startRestartable(configDir: string): Promise<RestartableGateway> {
  const dataDir = await mkdtemp(join(tmpdir(), 'atrium-bench-gateway-'))
  const postgres = await startPostgres({ dataDir, port: await freePort() })
  await postgres.createDatabase('gateway')
  const databaseUrl = postgres.url('gateway')
  const db = openDatabase<Database>(databaseUrl, { max: 4 })
  await platformMigrate(db)
  await migrate(db, new URL('../src/database/migrations/', import.meta.url))
  const directory = await startTestDirectory()
  directory.put(entry(administrator, { roles: ['employee', 'administrator'] }))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  let startedInMs = Number.NaN
  async function start(): Promise<void> {
    const started = performance.now()
    child = spawn(process.execPath, [...nodeOptions, new URL('../src/main.ts', import.meta.url).pathname], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...smallHeap,
        PATH: process.env.PATH,
        NODE_ENV: 'production',
        LOG_LEVEL: 'fatal',
        PORT: String(port),
        DATABASE_URL: databaseUrl,
        ISSUER: directory.issuer,
        PORTAL_URL: 'http://localhost:9',
        CLIENT_SECRET: 'none',
        ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
        CONFIG_DIR: configDir,
        ...(process.env.NODE_OPTIONS && { NODE_OPTIONS: process.env.NODE_OPTIONS }),
      },
    })
    for (let n = 0; n < 3000; n += 1) {
      if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}`)
      const ready = await fetch(`${url}/readyz`).then(
        response => response.ok,
        () => false,
      )
      if (ready) break
      await wait(20)
    }
    startedInMs = performance.now() - started
  }
  async function end(): Promise<void> {
    const ended = new Promise(resolve => child?.once('exit', resolve))
    child?.kill('SIGTERM')
    await ended
  }
  await start()
  return {
    url,
    db,
    directory,
    get pid() {
      return child?.pid ?? 0
    },
    get startedInMs() {
      return startedInMs
    },
    async restart() {
      await end()
      await start()
    },
    async stop() {
      await end()
      await db.destroy()
      await directory.stop()
      await postgres.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
