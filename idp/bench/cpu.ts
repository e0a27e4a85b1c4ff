import { readdirSync, readFileSync } from 'node:fs'

/** CPU time in milliseconds since the process began; `pool` is the part of libuv's threads, where password hashes run. */
export type CpuTime = { all: number; pool: number }

// USER_HZ is 100 on every Linux that Node runs on.
const msPerTick = 10

/** The CPU time of a process and its threads, from /proc. */
export function processCpu(pid: number): CpuTime {
  const pool = readdirSync(`/proc/${pid}/task`)
    .map(task => stat(`/proc/${pid}/task/${task}/stat`))
    .filter(thread => thread?.name === 'libuv-worker')
    .reduce((sum, thread) => sum + (thread?.own ?? 0), 0)
  return { all: stat(`/proc/${pid}/stat`)?.own ?? 0, pool }
}

/** The CPU time of PostgreSQL: its server processes, those that have ended included. */
export function postgresCpu(postmaster: number): number {
  const own = stat(`/proc/${postmaster}/stat`)
  const children = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => stat(`/proc/${pid}/stat`))
    .filter(process => process?.parent === postmaster)
  return (own?.own ?? 0) + (own?.ended ?? 0) + children.reduce((sum, child) => sum + (child?.own ?? 0), 0)
}

function stat(path: string): { name: string; parent: number; own: number; ended: number } | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    const end = text.lastIndexOf(')')
    const fields = text.slice(end + 2).split(' ')
    const ticks = (from: number): number => (Number(fields[from]) + Number(fields[from + 1])) * msPerTick
    // proc(5): after the name come state, ppid …; utime and stime are the 14th and 15th field, those of ended children follow.
    return { name: text.slice(text.indexOf('(') + 1, end), parent: Number(fields[1]), own: ticks(11), ended: ticks(13) }
  } catch {
    // The process ended while we looked.
    return undefined
  }
}
