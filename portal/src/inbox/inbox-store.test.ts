import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Graph } from '../app/graph.ts'
import type { Live } from '../app/live.ts'
import type { InboxChange } from './inbox-state.ts'
import { createInboxStore, undoMs } from './inbox-store.ts'
import { counts, message } from './message.fixture.ts'

// The browser's window is missing here; the store only asks it for the page's end.
const windowEvents = new EventTarget()
vi.stubGlobal('addEventListener', windowEvents.addEventListener.bind(windowEvents))
vi.stubGlobal('removeEventListener', windowEvents.removeEventListener.bind(windowEvents))

type Sent = { name: string; variables: Record<string, unknown> }

/** A gateway that remembers what it was asked and answers as the test says. */
function gateway(answers: Record<string, (variables: Record<string, unknown>, turn: number) => unknown>) {
  const sent: Sent[] = []
  const answer = async (name: string, variables: Record<string, unknown>) => {
    sent.push({ name, variables })
    const data = answers[name]?.(variables, sent.filter(one => one.name === name).length)
    return data
      ? { data, faults: [], sources: [], at: 0 }
      : { data: undefined, faults: [{ code: 'OFFLINE', message: 'away', retryable: true }], sources: [], at: 0 }
  }
  let hear: (change: InboxChange) => void = () => {}
  let variables: () => unknown = () => undefined
  const reconnect = vi.fn()
  const live = {
    subscribe: (_name: string, given: () => unknown, next: (data: unknown) => void) => {
      variables = given
      hear = change => next({ inboxChanges: change })
      return () => {}
    },
    onStatus: () => () => {},
    reconnect,
  } as unknown as Live
  const store = createInboxStore({ query: answer, mutate: answer } as unknown as Graph, live)
  return { store, sent, hear: (change: InboxChange) => hear(change), resumesAfter: () => variables(), reconnect }
}

const page =
  (...ids: string[]) =>
  () => ({
    inbox: {
      nodes: ids.map(id => message({ id, seq: 10 })),
      totalCount: ids.length,
      pageInfo: { hasNextPage: false, endCursor: null },
    },
    inboxCounts: counts({ open: ids.length, seq: 10 }),
  })
const base = { Inbox: page('a', 'b'), InboxCounts: () => ({ inboxCounts: counts({ open: 2, seq: 10 }) }) }
const open = { state: 'OPEN' as const }

beforeEach(() => vi.useFakeTimers({ now: Date.parse('2026-11-23T04:00:00Z') }))
afterEach(() => vi.useRealTimers())

async function opened(answers: Parameters<typeof gateway>[0] = {}) {
  const parts = gateway({ ...base, ...answers })
  parts.store.start()
  const key = parts.store.open(open)
  await vi.advanceTimersByTimeAsync(0)
  return { ...parts, key, list: () => parts.store.view().lists.get(key)! }
}

describe('following the log', () => {
  it('starts at the seq of the first answer and resumes from the last change applied', async () => {
    const { hear, resumesAfter } = await opened()
    expect(resumesAfter()).toEqual({ after: 10 })
    hear({ seq: 11, kind: 'STATE', message: null, counts: counts({ seq: 11 }) })
    expect(resumesAfter()).toEqual({ after: 11 })
  })

  it('resumes once from the cursor when a change is missing, then loads anew', async () => {
    const { hear, reconnect, sent } = await opened()
    const gap = { seq: 14, kind: 'STATE' as const, message: null, counts: counts({ seq: 14 }) }
    hear(gap)
    expect(reconnect).toHaveBeenCalledTimes(1)
    const before = sent.filter(one => one.name === 'Inbox').length
    hear(gap)
    await vi.advanceTimersByTimeAsync(0)
    expect(sent.filter(one => one.name === 'Inbox').length).toBe(before + 1)
  })
})

describe('archiving', () => {
  it('takes the message out at once and puts it back when the gateway refuses', async () => {
    const { store, list } = await opened()
    const done = store.archive(['a'])
    expect(list().ids).toEqual(['b'])
    expect(await done).toMatchObject({ code: 'OFFLINE' })
    expect(list().fresh).toEqual(['a'])
  })
})

describe('a decision in a row', () => {
  const decided = (variables: Record<string, unknown>) => ({
    decide: { message: message({ id: String(variables.message), seq: 11 }), decision: {} },
  })

  it('is sent when its undo time is over', async () => {
    const { store, sent } = await opened({ Decide: decided })
    store.hold('a', 'approve', '同意')
    expect(store.view().held.get('a')).toMatchObject({ decision: 'approve' })
    await vi.advanceTimersByTimeAsync(undoMs - 1)
    expect(sent.some(one => one.name === 'Decide')).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(sent.find(one => one.name === 'Decide')?.variables).toMatchObject({ message: 'a', decision: 'approve' })
    expect(store.view().held.size).toBe(0)
  })

  it('is never sent when it was undone', async () => {
    const { store, sent } = await opened({ Decide: decided })
    store.hold('a', 'approve', '同意')
    store.undo('a')
    await vi.advanceTimersByTimeAsync(undoMs * 2)
    expect(sent.some(one => one.name === 'Decide')).toBe(false)
  })

  it('is sent when the page goes away before its undo time is over', async () => {
    const { store, sent } = await opened({ Decide: decided })
    store.hold('a', 'approve', '同意')
    windowEvents.dispatchEvent(new Event('pagehide'))
    await vi.advanceTimersByTimeAsync(0)
    expect(sent.filter(one => one.name === 'Decide')).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(undoMs)
    expect(sent.filter(one => one.name === 'Decide')).toHaveLength(1)
  })

  it('is repeated with the same key while the gateway is away', async () => {
    const { store, sent } = await opened({ Decide: (variables, turn) => (turn < 3 ? undefined : decided(variables)) })
    const result = store.decide('a', 'approve', '好')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await result).toBeUndefined()
    const keys = sent.filter(one => one.name === 'Decide').map(one => one.variables.idempotencyKey)
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(1)
  })
})
