import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startPostgres } from '@atrium/platform/postgres'
import { nodeOptions, smallHeap } from '@atrium/platform/supervise'
import { smallCompany } from '../src/admin/testing/company.ts'
import { password, secretOf } from '../src/oidc/testing/accounts.ts'
import { freePort } from './free-port.ts'

/** The identity provider and its PostgreSQL, each in processes of its own. */
export type BenchIdp = {
  issuer: string
  portal: string
  databaseUrl: string
  pid: number
  postmaster: number
  /** When it was, on the clock of `performance`. */
  readyAt: number
  stop(): Promise<void>
}

/**
 * Starts both as in production and imports a small company through the admin API.
 * @param env what differs from the usual configuration
 */
export async function startBenchIdp(env: Record<string, string> = {}): Promise<BenchIdp> {
  const dataDir = await mkdtemp(join(tmpdir(), 'atrium-bench-idp-'))
  const postgres = await startPostgres({ dataDir, port: await freePort() })
  await postgres.createDatabase('idp')
  const port = await freePort()
  const issuer = `http://localhost:${port}/realms/atrium`
  const portal = 'http://localhost:39000'
  const bootstrap = randomBytes(24).toString('hex')
  const child = startNode(new URL('../src/main.ts', import.meta.url), {
    PORT: String(port),
    DATABASE_URL: postgres.localUrl('idp'),
    ISSUER: issuer,
    PORTAL_URL: portal,
    GATEWAY_URL: 'http://localhost:1',
    COOKIE_KEYS: randomBytes(24).toString('hex'),
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    GATEWAY_CLIENT_SECRET: secretOf('gateway'),
    BOOTSTRAP_CLIENT_SECRET: bootstrap,
    ...env,
  })
  await until(`http://localhost:${port}/readyz`)
  const readyAt = performance.now()
  await importCompany(issuer, bootstrap)
  return {
    issuer,
    portal,
    databaseUrl: postgres.url('idp'),
    pid: child.pid ?? 0,
    postmaster: postgres.pid,
    readyAt,
    stop: async () => {
      await stopNode(child)
      await postgres.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Starts bare oidc-provider with its own memory adapter. */
export async function startBare(): Promise<{ url: string; pid: number; stop(): Promise<void> }> {
  const port = await freePort()
  const child = startNode(new URL('./bare-provider.ts', import.meta.url), { PORT: String(port) })
  await until(`http://localhost:${port}/.well-known/openid-configuration`)
  return { url: `http://localhost:${port}`, pid: child.pid ?? 0, stop: () => stopNode(child) }
}

// As the supervisor starts every service; the baseline runs alike.
function startNode(script: URL, env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, [...nodeOptions, script.pathname], {
    env: { ...process.env, ...smallHeap, NODE_ENV: 'production', LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Ends a process that was started here, by SIGTERM. */
export async function stopNode(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

/** Waits until an address answers. @throws Error after 30 s */
export async function until(url: string): Promise<void> {
  for (let n = 0; n < 300; n++) {
    if (
      await fetch(url).then(
        response => response.ok,
        () => false,
      )
    )
      return
    await wait(100)
  }
  throw new Error(`${url} did not answer within 30 s`)
}

async function importCompany(issuer: string, secret: string): Promise<void> {
  const token = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${btoa(`bootstrap:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'admin' }),
  })
  const { access_token } = (await token.json()) as { access_token: string }
  const company = smallCompany()
  const imported = await fetch(new URL('/admin/import', issuer), {
    method: 'POST',
    headers: { Authorization: `Bearer ${access_token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...company, people: company.people.map(person => ({ ...person, password })) }),
  })
  if (!imported.ok) throw new Error(`the company was not imported: ${imported.status} ${await imported.text()}`)
}
