import { setClock } from '@atrium/platform/clock'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type InvokeOptions, type Sharing, UpstreamError } from '../types.ts'
import { AnswerStore } from './answer-store.ts'
import { Reads } from './reads.ts'

interface UnderWay {
  signal: AbortSignal
  answer(value: unknown): void
  fail(error: Error): void
}

let at: number
let reads: Reads
let calls: UnderWay[]
const failed = (code: UpstreamError['code']): UpstreamError => new UpstreamError(code, 's', 'failed')

beforeEach(() => {
  at = Date.UTC(2026, 0, 1)
  setClock(() => new Date(at))
  reads = new Reads('s', { maxBytes: 100_000, patienceMs: 5000 })
  calls = []
})
afterEach(() => setClock())

const call = (signal: AbortSignal): Promise<unknown> =>
  new Promise((answer, fail) => {
    calls.push({ signal, answer, fail })
    signal.addEventListener('abort', () => fail(failed('UPSTREAM_TIMEOUT')))
  })

function read(
  more: { reader?: string; keep?: Sharing['keep']; ms?: number; signal?: AbortSignal; input?: object } = {},
): Promise<unknown> & { age: () => [number, boolean] | undefined } {
  let told: [number, boolean] | undefined
  const options: InvokeOptions & { sharing: Sharing } = {
    credential: { kind: 'service' },
    safe: true,
    deadline: Date.now() + (more.ms ?? 5000),
    signal: more.signal,
    sharing: {
      reader: more.reader ?? 'anybody',
      keep: more.keep,
      onAnswer: (asked, stale) => {
        told = [(at - asked.getTime()) / 1000, stale]
      },
    },
  }
  const question = { operation: 'list', input: { ...more.input } }
  return Object.assign(reads.read(question, options, call), { age: () => told })
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'answered',
    error => (error as UpstreamError).code,
  )

describe('identical calls under way', () => {
  test('are one call, whose answer all are given', async () => {
    const all = [read(), read(), read()]
    expect(calls).toHaveLength(1)
    calls[0]?.answer({ rows: 1 })
    expect(await Promise.all(all)).toEqual([{ rows: 1 }, { rows: 1 }, { rows: 1 }])
    void read()
    expect(calls).toHaveLength(2)
  })

  test('are not one for another reader, another input or after a change', () => {
    for (const one of [{}, { reader: 'person e2' }, { input: { ids: ['1'] } }]) void codeOf(read(one))
    expect(calls).toHaveLength(3)
    reads.forget()
    void codeOf(read())
    expect(calls).toHaveLength(4)
  })

  test('one who goes away fails nobody else, and the call ends with the last who leaves', async () => {
    const [first, second] = [new AbortController(), new AbortController()]
    const [a, b, c] = [read({ signal: first.signal }), read({ signal: second.signal }), read()]
    first.abort()
    expect(await codeOf(a)).toBe('UPSTREAM_TIMEOUT')
    expect(calls[0]?.signal.aborted).toBe(false)
    calls[0]?.answer('whole')
    expect(await Promise.all([b, c])).toEqual(['whole', 'whole'])

    const third = new AbortController()
    const [d, e] = [read({ signal: second.signal }), read({ signal: third.signal })]
    second.abort()
    await codeOf(d)
    expect(calls[1]?.signal.aborted).toBe(false)
    third.abort()
    await codeOf(e)
    expect(calls[1]?.signal.aborted).toBe(true)
    // Whoever comes now does not wait for what was given up.
    void codeOf(read())
    expect(calls).toHaveLength(3)
  })

  test('each waits as long as it may itself', async () => {
    const [short, long] = [read({ ms: 40 }), read({ ms: 4000 })]
    expect(await codeOf(short)).toBe('UPSTREAM_TIMEOUT')
    calls[0]?.answer('late')
    expect(await long).toBe('late')
  })

  test('one that came late to a call that runs out of time gets a call of its own', async () => {
    const [early, late] = [read(), read()]
    calls[0]?.fail(failed('UPSTREAM_TIMEOUT'))
    expect(await codeOf(early)).toBe('UPSTREAM_TIMEOUT')
    await vi.waitFor(() => expect(calls).toHaveLength(2))
    calls[1]?.answer('second')
    expect(await late).toBe('second')
  })
})

describe('kept answers', () => {
  const keep = { freshS: 10, staleS: 60 }

  async function fill(value: unknown = 'old', reader = 'anybody'): Promise<void> {
    const first = read({ keep, reader })
    calls.at(-1)?.answer(value)
    await first
  }

  test('are given while they are fresh, with their age, and asked for anew when they are too old', async () => {
    await fill()
    at += 9000
    const fresh = read({ keep })
    expect(await fresh).toBe('old')
    expect(fresh.age()).toEqual([9, false])
    expect(calls).toHaveLength(1)
    at += 62_000
    void codeOf(read({ keep }))
    expect(calls).toHaveLength(2)
  })

  test('an older one is shown as such while a newer one is fetched, once for all', async () => {
    await fill()
    at += 30_000
    const stale = [read({ keep }), read({ keep }), read({ keep })]
    expect(await Promise.all(stale)).toEqual(['old', 'old', 'old'])
    expect(stale[0]?.age()).toEqual([30, true])
    expect(calls).toHaveLength(2)
    calls[1]?.answer('new')
    await vi.waitFor(async () => expect(await read({ keep })).toBe('new'))
    expect(calls).toHaveLength(2)
  })

  test.each([
    ['is away', 'UPSTREAM_UNAVAILABLE', 'old'],
    ['is not even asked', 'CIRCUIT_OPEN', 'old'],
    ['answers nonsense', 'UPSTREAM_BAD_ANSWER', 'old'],
  ] as const)('are shown while the system %s, until they are too old', async (_name, code, value) => {
    await fill()
    at += 50_000
    expect(await read({ keep })).toBe(value)
    calls[1]?.fail(failed(code))
    await new Promise(resolve => setTimeout(resolve, 5))
    expect(await read({ keep })).toBe(value)
    at += 21_000
    const after = read({ keep })
    calls.at(-1)?.fail(failed(code))
    expect(await codeOf(after)).toBe(code)
  })

  test.each(['UPSTREAM_REFUSED', 'UPSTREAM_UNAUTHENTICATED'] as const)(
    'are gone when the system says %s now',
    async code => {
      await fill()
      at += 30_000
      expect(await read({ keep })).toBe('old')
      calls[1]?.fail(failed(code))
      await new Promise(resolve => setTimeout(resolve, 5))
      const after = read({ keep })
      calls.at(-1)?.fail(failed(code))
      expect(await codeOf(after)).toBe(code)
    },
  )

  test('are never given to another reader', async () => {
    await fill('mine', 'person e1')
    const other = read({ keep, reader: 'person e2' })
    expect(calls).toHaveLength(2)
    calls[1]?.answer('theirs')
    expect(await other).toBe('theirs')
  })

  test('are dropped by a change, and what was asked for before the change is not kept', async () => {
    await fill()
    const under = read({ keep, input: { ids: ['1'] } })
    reads.forget()
    calls[1]?.answer('from before')
    expect(await under).toBe('from before')
    void codeOf(read({ keep }))
    void codeOf(read({ keep, input: { ids: ['1'] } }))
    expect(calls).toHaveLength(4)
  })

  test('a failure is not kept', async () => {
    const first = read({ keep })
    calls[0]?.fail(failed('UPSTREAM_UNAVAILABLE'))
    await codeOf(first)
    void codeOf(read({ keep }))
    expect(calls).toHaveLength(2)
  })

  test('nothing is kept unless the mapping says so', async () => {
    const first = read()
    calls[0]?.answer('once')
    await first
    expect(reads.bytes).toBe(0)
  })
})

test('what is kept never takes more memory than it may; what was not wanted for longest goes first', () => {
  const store = new AnswerStore(50_000)
  const row = (n: number): object => ({ id: String(n), text: 'x'.repeat(1000) })
  for (let index = 0; index < 200; index += 1) {
    store.put(`k${index}`, row(index), index)
    store.get('k0')
    expect(store.bytes).toBeLessThanOrEqual(50_000)
  }
  expect(store.get('k0')).toBeDefined()
  expect(store.get('k1')).toBeUndefined()
  expect(store.get('k199')).toBeDefined()
  // One that is larger than a quarter of all would push out the others for nothing.
  store.put(
    'large',
    Array.from({ length: 20 }, (_, index) => row(index)),
    1,
  )
  expect(store.get('large')).toBeUndefined()
  expect(store.get('k0')).toBeDefined()
  store.clear()
  expect(store.bytes).toBe(0)
})

test('what an answer is taken to weigh is about what it does weigh', () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => ({
    id: String(index),
    name: `客户 ${index}`,
    amount: index * 1.5,
    open: index % 2 === 0,
    owner: { id: `e${index % 50}`, name: 'somebody' },
  }))
  const text = JSON.stringify(rows)
  const store = new AnswerStore(Number.MAX_SAFE_INTEGER)
  const before = process.memoryUsage().heapUsed
  const parsed: unknown = JSON.parse(text)
  const taken = process.memoryUsage().heapUsed - before
  store.put('k', parsed, 0)
  // A collection in between makes the measured figure smaller, never larger.
  expect(taken / store.bytes).toBeLessThan(2.5)
})
