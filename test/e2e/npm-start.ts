import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { addresses } from '../../start.ts'
import { freeRange } from './stack.ts'
import { type Stranger, strangerTo } from './stranger.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What `npm start` runs, as a process of its own in a folder of its own. */
export type NpmStart = {
  /** Starts it and waits for its line `Atrium is ready`. */
  start(): Promise<void>
  /** Ends it and everything it has started, PostgreSQL included, as a power cut does. */
  killEverything(): Promise<void>
  /** A stranger who has not signed in yet. */
  stranger(): Promise<Stranger>
  close(): Promise<void>
}

const readyWithin = 120_000

export async function prepareNpmStart(): Promise<NpmStart> {
  const data = await mkdtemp(join(tmpdir(), 'atrium-restart-'))
  const port = await freeRange()
  let program: ChildProcess | undefined

  const killEverything = async (): Promise<void> => {
    if (!program?.pid) return
    const pids = [...(await descendants(program.pid)), ...(await postgresIn(data))]
    for (const pid of new Set(pids)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // Ended by itself between being listed and being killed.
      }
    }
    for (let i = 0; i < 100 && (await Promise.all(pids.map(runs))).some(Boolean); i++) await wait(50)
    program = undefined
  }

  return {
    start: async () => {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'start.ts'], {
        cwd: root,
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ATRIUM_PORT: String(port), ATRIUM_DATA: data },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      program = child
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (said += chunk))
      const limit = Date.now() + readyWithin
      while (!/^Atrium is ready/m.test(said)) {
        if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}:\n${said}`)
        if (Date.now() > limit) throw new Error(`npm start was not ready in time:\n${said}`)
        await wait(100)
      }
    },
    killEverything,
    stranger: async () => {
      const secrets = JSON.parse(await readFile(join(data, 'secrets.json'), 'utf8'))
      return strangerTo({ ...addresses(port), secrets })
    },
    close: async () => {
      await killEverything()
      await rm(data, { recursive: true, force: true })
    },
  }
}

/** A process and all below it, from /proc. */
async function descendants(top: number): Promise<number[]> {
  const parents = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    const stat = /^\d+$/.test(name) ? await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '') : ''
    // The second field is the program's name in brackets, which may hold anything.
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    if (parent) parents.set(Number(name), parent)
  }
  const found = [top]
  for (const pid of found) found.push(...[...parents].filter(([, parent]) => parent === pid).map(([child]) => child))
  return found
}

/** PostgreSQL detaches itself; its lock file names it. */
async function postgresIn(data: string): Promise<number[]> {
  const lock = await readFile(join(data, 'postgres/cluster/postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number(lock.split('\n')[0])
  return pid ? await descendants(pid) : []
}

async function runs(pid: number): Promise<boolean> {
  // A zombie has ended; its parent has not looked yet.
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return stat !== '' && !/\) Z /.test(stat)
}
