import { setTimeout as wait } from 'node:timers/promises'
import { Pool } from 'undici'
import { processCpu } from './process-cpu.ts'

/** Something that answers one question over HTTP, and the process whose CPU it costs. */
export interface Subject {
  name: string
  url: string
  pid: number
  method?: 'GET' | 'POST'
  /** those of each person who asks: the connections take turns among them, so that no two answers at a time are one person's */
  people?: readonly Record<string, string>[]
  body?: string
}

/** Connections to one subject; every answer is compared with what the first one should have been. */
export interface Caller {
  subject: Subject
  ask(): Promise<void>
  close(): Promise<void>
}

/**
 * @param expected the answer's `data`; what comes beside it (extensions) may differ from answer to answer. undefined: any
 */
export function callerOf(subject: Subject, connections: number, expected?: string): Caller {
  const { origin, pathname } = new URL(subject.url)
  const pool = new Pool(origin, { connections })
  const { method = 'POST', people = [{}], body = null } = subject
  let turn = 0
  const prefix = expected === undefined ? '' : `{"data":${expected}`
  return {
    subject,
    async ask() {
      const answer = await pool.request({
        path: pathname,
        method,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          ...people[turn++ % people.length],
        },
        body,
      })
      const text = await answer.body.text()
      const right = answer.statusCode === 200 && text.startsWith(prefix) && !text.includes('"errors":')
      // A wrong answer has no speed.
      if (!right) throw new Error(`${subject.name} answers otherwise: ${answer.statusCode} ${text.slice(0, 500)}`)
    },
    close: () => pool.close(),
  }
}

/** Asks so many times, on all connections. @returns CPU of the subject's process a request, and requests a second */
export async function saturate(
  caller: Caller,
  connections: number,
  requests: number,
): Promise<{ cpuMs: number; perSecond: number }> {
  const before = processCpu(caller.subject.pid)
  const started = performance.now()
  let left = requests
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (left > 0) {
        left -= 1
        await caller.ask()
      }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  return { cpuMs: (processCpu(caller.subject.pid) - before) / requests, perSecond: requests / seconds }
}

/** Asks at a steady rate, whether answers come or not. @returns how long each took, ms, sorted */
export async function atRate(caller: Caller, perSecond: number, ms: number): Promise<number[]> {
  const took: number[] = []
  const flying: Promise<void>[] = []
  const started = performance.now()
  const total = Math.floor((perSecond * ms) / 1000)
  for (let n = 0; n < total; n += 1) {
    const due = started + (n * 1000) / perSecond
    const early = due - performance.now()
    if (early > 1) await wait(early)
    const sent = performance.now()
    flying.push(caller.ask().then(() => void took.push(performance.now() - sent)))
  }
  await Promise.all(flying)
  return took.sort((a, b) => a - b)
}

export function percentile(sorted: readonly number[], p: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    50,
  )
}

/** How far values lie apart, as a share of their median. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / 2 / median(values)
}
