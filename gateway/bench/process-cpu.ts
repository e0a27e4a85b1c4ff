import { readdirSync, readFileSync } from 'node:fs'

// USER_HZ is 100 on every Linux that Node runs on.
const msPerTick = 10

/** CPU time of a process in milliseconds since it began, from /proc; 0 where there is none. */
export function processCpu(pid: number): number {
  return stat(pid)?.own ?? 0
}

/** CPU time of PostgreSQL in milliseconds: its server processes, those that have ended included. */
export function postgresCpu(postmaster: number): number {
  const own = stat(postmaster)
  const children = numbersIn('/proc')
    .map(stat)
    .filter(process => process?.parent === postmaster)
  return (own?.own ?? 0) + (own?.ended ?? 0) + children.reduce((sum, child) => sum + (child?.own ?? 0), 0)
}

function stat(pid: number): { parent: number; own: number; ended: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // proc(5): after the name come state, ppid …; utime and stime are the 14th and 15th field, those of ended children follow.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const ticks = (from: number): number => (Number(fields[from]) + Number(fields[from + 1])) * msPerTick
    return { parent: Number(fields[1]), own: ticks(11), ended: ticks(13) }
  } catch {
    // The process ended while we looked, or this is no Linux.
    return undefined
  }
}

function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder)
      .filter(name => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}
