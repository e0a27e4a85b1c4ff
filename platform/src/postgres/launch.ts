import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { postgresBinaries } from './binaries.ts'
import { asOrdinaryUser, type Launch } from './ordinary-user.ts'

/** A running embedded PostgreSQL. */
export type EmbeddedPostgres = {
  /** The connection URL of a database, over loopback TCP. */
  url(database: string): string
  /** The same by a Unix-domain socket, which costs both sides less per statement; over TCP where there is none. */
  localUrl(database: string): string
  createDatabase(name: string): Promise<void>
  stop(): Promise<void>
  pid: number
}

const stateFile = 'atrium-postgres.json'
const environment = { ...process.env, LC_ALL: 'C.UTF-8', LANG: 'C.UTF-8', TZ: 'UTC', PGTZ: 'UTC' }

/**
 * Starts PostgreSQL on a data folder, or attaches to the one that a killed process left running there.
 * The server listens on loopback and a socket in that folder only, with a random password kept beside the data (0600), whatever the shell's locale.
 * @param options `dataDir` is created when missing; `port` is the loopback TCP port
 * @throws Error naming the program and its last lines when initdb or the server fails
 */
export async function startPostgres(options: {
  dataDir: string
  port: number
  settings?: Record<string, string>
}): Promise<EmbeddedPostgres> {
  const { dataDir, port } = options
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const launch = await asOrdinaryUser(await postgresBinaries(), dataDir)
  const cluster = join(launch.dataDir, 'cluster')
  const password = await initialise(launch, cluster)
  const url = (database: string): string => `postgres://atrium:${password}@127.0.0.1:${port}/${database}`

  const left = await runningPostmaster(cluster)
  if (left && left.port !== port) {
    await stopPostmaster(left.pid)
  }
  let child: ChildProcess | undefined
  if (!left || left.port !== port || !(await answers(url('postgres'), 3000))) {
    if (left && left.port === port && isAlive(left.pid)) await stopPostmaster(left.pid)
    child = await startServer(launch, cluster, port, url('postgres'), options.settings ?? {})
  }
  const pid = (await runningPostmaster(cluster))?.pid
  if (!pid) throw new Error('PostgreSQL started but left no postmaster.pid')
  // One that was started without is attached to as it is.
  const socket = socketFolder(launch)
  const local = socket && existsSync(join(socket, `.s.PGSQL.${port}`)) ? `?host=${encodeURIComponent(socket)}` : ''
  return {
    url,
    localUrl: database => url(database) + local,
    pid,
    createDatabase: name => createDatabase(url('postgres'), name),
    stop: async () => {
      await stopPostmaster(pid)
      child?.removeAllListeners()
    },
  }
}

// The kernel takes 107 bytes as the address of a socket, the name in the folder included.
const longestSocketFolder = 85

/** The folder of the server's socket: its data folder, which nobody else may enter. Empty where there is to be none. */
function socketFolder({ dataDir }: Launch): string {
  const folder = resolve(dataDir)
  // The setting is a list, in which commas and quotes mean something.
  const fits = Buffer.byteLength(folder) <= longestSocketFolder && !/[,"]/.test(folder)
  return process.platform !== 'win32' && fits ? folder : ''
}

async function initialise(launch: Launch, cluster: string): Promise<string> {
  const secret = join(dirname(cluster), stateFile)
  if (existsSync(join(cluster, 'PG_VERSION')) && existsSync(secret)) {
    return (JSON.parse(await readFile(secret, 'utf8')) as { password: string }).password
  }
  // A crash inside initdb leaves a folder that the server refuses: begin again, nothing was in it.
  await rm(cluster, { recursive: true, force: true })
  const password = randomBytes(24).toString('base64url')
  const passwordFile = join(dirname(cluster), 'initdb-password')
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  await launch.own(passwordFile)
  const run = launch.run('initdb', [
    `--pgdata=${cluster}`,
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--username=atrium',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
  ])
  const done = spawnSync(run.command, run.args, { ...run.options, env: environment, encoding: 'utf8' })
  await rm(passwordFile, { force: true })
  if (done.status !== 0)
    throw new Error(`initdb failed: ${tail(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error ?? ''}`)}`)
  await writeFile(secret, JSON.stringify({ password }), { mode: 0o600 })
  await chmod(secret, 0o600)
  return password
}

async function startServer(
  launch: Launch,
  cluster: string,
  port: number,
  url: string,
  settings: Record<string, string>,
): Promise<ChildProcess> {
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: socketFolder(launch),
    max_connections: '200',
    shared_buffers: '64MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...settings,
  }
  const run = launch.run('postgres', [
    '-D',
    cluster,
    ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ])
  // A process group of its own: Ctrl-C in the terminal reaches the services first, the database stops last.
  const child = spawn(run.command, run.args, {
    ...run.options,
    env: environment,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let output = ''
  child.stderr?.on('data', chunk => {
    output = `${output}${chunk}`.slice(-4000)
  })
  let exited = false
  child.once('exit', () => {
    exited = true
  })
  child.once('error', error => {
    exited = true
    output += String(error)
  })
  const limit = Date.now() + 60_000
  while (Date.now() < limit) {
    if (exited) throw new Error(`PostgreSQL did not start on port ${port}: ${tail(output)}`)
    if (await answers(url, 1000)) {
      child.unref()
      ;(child.stderr as unknown as { unref?: () => void })?.unref?.()
      return child
    }
    await sleep(50)
  }
  throw new Error(`PostgreSQL did not answer on port ${port} within 60 s: ${tail(output)}`)
}

async function answers(url: string, timeout: number): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: timeout })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

async function createDatabase(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [name])
    if (found.rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(name)}`)
  } finally {
    await client.end()
  }
}

async function runningPostmaster(cluster: string): Promise<{ pid: number; port: number } | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined
  // The pid may belong to a stranger after a reboot: only a process that names our folder is ours.
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  if (command !== '' && !command.includes(cluster)) return undefined
  return { pid, port: Number(lines[3]) }
}

async function stopPostmaster(pid: number): Promise<void> {
  for (const [signal, patience] of [
    ['SIGINT', 15_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 2_000],
  ] as const) {
    try {
      process.kill(pid, signal)
    } catch {
      return
    }
    const limit = Date.now() + patience
    while (Date.now() < limit) {
      if (!isAlive(pid)) return
      await sleep(30)
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function tail(text: string): string {
  return text.trim().split('\n').slice(-6).join('\n')
}
