import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A program to keep running. `ready` is asked until it answers 200. */
export type ServiceDefinition = { name: string; script: string; env: Record<string, string>; ready: string }

/** Services as child processes, each with a log file, restarted when they crash and stopped together. */
export type Supervisor = {
  /** Starts a service and resolves when it is ready. @throws Error with its last lines when it is not within a minute */
  start(name: string): Promise<void>
  /** Ends a service (SIGTERM unless told) and leaves it down until `start`. */
  stop(name: string, signal?: NodeJS.Signals): Promise<void>
  stopAll(): Promise<void>
  pid(name: string): number | undefined
}

type Running = { child: ChildProcess; exited: Promise<void>; tail: () => string }

const readyWithin = 60_000

// `npm run bench -- memory` measures what these are for: V8 sizes its generations by the machine's memory, and glibc keeps what it was given unless it is told to give large and trailing pieces back.
export const smallHeap = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '65536', MALLOC_MMAP_THRESHOLD_: '65536' }

/** How Node is started for a service. */
export const nodeOptions = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=8',
  '--max-old-space-size=512',
]

/**
 * @param options `folder` takes the logs and the list of process ids, from which the next start ends what a kill -9 of
 *   the supervisor left behind; `onCrash` hears of each unexpected end before the restart
 */
export async function supervise(
  definitions: ServiceDefinition[],
  options: { folder: string; onCrash?: (name: string, tail: string) => void },
): Promise<Supervisor> {
  const { folder } = options
  const list = join(folder, 'processes.json')
  await mkdir(join(folder, 'logs'), { recursive: true })
  await endLeftovers(list)

  const running = new Map<string, Running>()
  const wanted = new Set<string>()
  // One that never was ready has a fault that a restart does not mend: its start fails and says why.
  const proven = new Set<string>()
  let writing: Promise<void> = Promise.resolve()
  const definition = (name: string): ServiceDefinition => {
    const found = definitions.find(one => one.name === name)
    if (!found) throw new Error(`there is no service ${name}`)
    return found
  }
  const remember = (): void => {
    const rows = [...running].map(([name, { child }]) => ({ pid: child.pid, script: definition(name).script }))
    writing = writing.then(() => writeFile(list, JSON.stringify(rows))).catch(() => {})
  }

  const launch = (name: string): Running => {
    const { script, env } = definition(name)
    const log = createWriteStream(join(folder, 'logs', `${name}.log`), { flags: 'a' })
    const child = spawn(process.execPath, [...nodeOptions, script], {
      env: { ...smallHeap, ...inherited(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C in the terminal is for the supervisor, which stops the services in order.
      detached: true,
    })
    let tail = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', chunk => {
        tail = `${tail}${chunk}`.slice(-3000)
        log.write(chunk)
      })
    }
    const exited = new Promise<void>(resolve => child.once('close', () => resolve()))
    const entry = { child, exited, tail: () => tail }
    running.set(name, entry)
    remember()
    void exited.then(async () => {
      log.end()
      if (running.get(name) === entry) running.delete(name)
      remember()
      if (!wanted.has(name) || !proven.has(name)) return
      options.onCrash?.(name, tail)
      await sleep(1000)
      if (wanted.has(name) && !running.has(name)) launch(name)
    })
    return entry
  }

  const start = async (name: string): Promise<void> => {
    wanted.add(name)
    const entry = running.get(name) ?? launch(name)
    const limit = Date.now() + readyWithin
    let gone = false
    void entry.exited.then(() => {
      gone = true
    })
    while (Date.now() < limit) {
      if (gone) {
        wanted.delete(name)
        throw new Error(`${name} ended while it started:\n${entry.tail().trim()}`)
      }
      const answer = await fetch(definition(name).ready, { signal: AbortSignal.timeout(3000) }).catch(() => undefined)
      await answer?.body?.cancel()
      if (answer?.ok) {
        proven.add(name)
        return
      }
      await sleep(100)
    }
    throw new Error(`${name} was not ready within ${readyWithin / 1000} s:\n${entry.tail().trim()}`)
  }

  const stop = async (name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    wanted.delete(name)
    const entry = running.get(name)
    if (!entry) return
    entry.child.kill(signal)
    const force = setTimeout(() => entry.child.kill('SIGKILL'), 14_000)
    await entry.exited
    clearTimeout(force)
  }

  return {
    start,
    stop,
    pid: name => running.get(name)?.child.pid,
    stopAll: async () => {
      await Promise.all([...running.keys()].map(name => stop(name)))
      await writing
      await writeFile(list, '[]')
    },
  }
}

// Services get what a shell needs and their own variables, not whatever else the caller's environment holds.
function inherited(): Record<string, string> {
  const names = [
    'PATH',
    'HOME',
    'LANG',
    'LC_ALL',
    'TMPDIR',
    'LOG_LEVEL',
    'SystemRoot',
    'TEMP',
    'NODE_ENV',
    'ATRIUM_TODAY',
  ]
  return Object.fromEntries(names.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]]])))
}

async function endLeftovers(list: string): Promise<void> {
  const rows = await readFile(list, 'utf8')
    .then(text => JSON.parse(text) as { pid: number; script: string }[])
    .catch(() => [])
  for (const { pid, script } of rows) {
    if (!(await runs(pid, script))) continue
    process.kill(pid, 'SIGTERM')
    for (let i = 0; i < 100 && (await runs(pid, script)); i++) await sleep(50)
    if (await runs(pid, script)) process.kill(pid, 'SIGKILL')
  }
}

// The number may belong to somebody else's process by now: only one that runs our script is ours to end.
async function runs(pid: number, script: string): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => script)
  return command.includes(script)
}
