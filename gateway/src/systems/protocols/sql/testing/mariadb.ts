import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@atrium/platform/testing'
import mysql from 'mysql2/promise'

const server = ['/usr/sbin/mariadbd', '/usr/sbin/mysqld', '/usr/local/bin/mariadbd'].find(path => existsSync(path))
const install = ['/usr/bin/mariadb-install-db', '/usr/bin/mysql_install_db'].find(path => existsSync(path))

/** Why there is no MariaDB to test with; undefined when there is one. */
export const noMariaDb = server && install ? undefined : 'MariaDB is not installed on this machine'

export interface MariaDb {
  port: number
  socket: string
  /** a connection that may do everything */
  root: mysql.Connection
  stop(): Promise<void>
}

/** A real MariaDB on a folder of its own, reached by a socket in it and a random port. */
export async function startMariaDb(more: string[] = []): Promise<MariaDb> {
  const folder = await mkdtemp(join(tmpdir(), 'atrium-mariadb-'))
  const data = join(folder, 'data')
  const socket = join(folder, 's')
  await mkdir(data)
  const user = userInfo().username
  const made = spawnSync(
    install as string,
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--user=${user}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    { encoding: 'utf8' },
  )
  if (made.status !== 0) throw new Error(`mariadb-install-db: ${made.stderr}`)
  const port = await freePort()
  const child = spawn(
    server as string,
    [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${socket}`,
      `--port=${port}`,
      `--user=${user}`,
      `--pid-file=${join(folder, 'pid')}`,
      '--bind-address=127.0.0.1',
      '--skip-log-bin',
      '--innodb-buffer-pool-size=16M',
      '--innodb-log-file-size=8M',
      '--innodb-flush-log-at-trx-commit=0',
      '--character-set-server=utf8mb4',
      ...more,
    ],
    { stdio: 'ignore' },
  )
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  try {
    const root = await connect(socket, child)
    return {
      port,
      socket,
      root,
      async stop() {
        root.destroy()
        child.kill('SIGTERM')
        await ended
        await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function connect(socketPath: string, child: ChildProcess): Promise<mysql.Connection> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await mysql.createConnection({ socketPath, user: 'root', multipleStatements: true })
    } catch (error) {
      if (attempt > 200 || child.exitCode !== null) throw error
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
}
