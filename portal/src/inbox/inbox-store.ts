import type { Answer, Graph, GraphFault, MutationName, VariablesOf } from '../app/graph.ts'
import type { Live } from '../app/live.ts'
import type { CountsFields, MessageFields } from '../app/operations.ts'
import {
  applyChange,
  emptyInbox,
  type InboxChange,
  type InboxFilter,
  type InboxState,
  keyOf,
  withCounts,
  withMessage,
  withPage,
} from './inbox-state.ts'

/** A decision made in a row: it waits for its undo time before it is sent. */
export interface HeldDecision {
  decision: string
  label: string
  /** epoch ms */
  sendAt: number
}

export interface InboxView extends InboxState {
  held: ReadonlyMap<string, HeldDecision>
  /** why a decision could not be sent */
  refused: ReadonlyMap<string, GraphFault>
}

export interface InboxStore {
  view(): InboxView
  subscribe(listener: () => void): () => void
  start(): void
  stop(): void
  /** Loads a list once; gives its key. */
  open(filter: InboxFilter): string
  reload(key: string): Promise<void>
  /** Loads everything again, e.g. after the language has changed. */
  loadAnew(): Promise<void>
  more(key: string): Promise<void>
  /** Takes a message read elsewhere (its detail) into the state. */
  take(message: MessageFields): void
  markRead(ids: readonly string[]): Promise<GraphFault | undefined>
  markAllRead(filter: InboxFilter): Promise<GraphFault | undefined>
  archive(ids: readonly string[]): Promise<GraphFault | undefined>
  unarchive(ids: readonly string[]): Promise<GraphFault | undefined>
  snooze(ids: readonly string[], until: string): Promise<GraphFault | undefined>
  /** Sends a decision at once; with the same key until the gateway has answered. */
  decide(id: string, decision: string, comment: string): Promise<GraphFault | undefined>
  /** Sends a decision after the undo time. */
  hold(id: string, decision: string, label: string): void
  undo(id: string): void
}

const pageSize = 50
export const undoMs = 5000
const sendAttempts = 4

/** The person's inbox in the browser, kept current by the live log from one cursor. */
export function createInboxStore(graph: Graph, live: Live): InboxStore {
  let view: InboxView = { ...emptyInbox, held: new Map(), refused: new Map() }
  const listeners = new Set<() => void>()
  const timers = new Map<string, ReturnType<typeof setTimeout>>()
  let stopLive: (() => void) | undefined
  let resumedFor = -1
  const started = Promise.withResolvers<void>()

  const change = (next: Partial<InboxView>): void => {
    view = { ...view, ...next }
    for (const listener of listeners) listener()
  }

  const follow = (): void => {
    stopLive ??= live.subscribe(
      'InboxChanges',
      () => ({ after: view.cursor ?? 0 }),
      ({ inboxChanges }) => hear(inboxChanges),
    )
  }

  const hear = (heard: InboxChange): void => {
    const { state, follow: next } = applyChange(view, heard, Date.now())
    if (next === 'applied') change(state)
    else if (next === 'reset') void loadAnew()
    else if (next === 'gap') {
      // Once from the cursor; a gap that is still there after that can only be closed by loading anew.
      if (resumedFor === view.cursor) return void loadAnew()
      resumedFor = view.cursor ?? -1
      live.reconnect()
    }
  }

  const loadAnew = async (): Promise<void> => {
    change({ cursor: undefined, counts: undefined })
    await Promise.all([...view.lists.keys()].map(key => reload(key)))
    if (view.cursor === undefined) await loadCounts()
  }

  const loadCounts = async (): Promise<void> => {
    const { data } = await graph.query('InboxCounts', {})
    if (data) change(withCounts(view, data.inboxCounts))
  }

  const patchList = (key: string, patch: { loading?: boolean; failed?: boolean }): void => {
    const list = view.lists.get(key)
    if (list) change({ lists: new Map(view.lists).set(key, { ...list, ...patch }) })
  }

  const load = async (key: string, filter: InboxFilter, after: string | null): Promise<void> => {
    const { data } = await graph.query('Inbox', { filter, first: pageSize, ...(after ? { after } : {}) })
    if (!data) return patchList(key, { loading: false, failed: true })
    change(withPage(view, key, filter, data, after !== null))
    started.resolve()
  }

  const reload = async (key: string): Promise<void> => {
    const list = view.lists.get(key)
    if (list) await load(key, list.filter, null)
  }

  const run = async <N extends Extract<MutationName, 'MarkRead' | 'MarkAllRead' | 'Archive' | 'Unarchive' | 'Snooze'>>(
    name: N,
    variables: VariablesOf<N>,
    ids: readonly string[],
    optimistic: (message: MessageFields) => MessageFields,
  ): Promise<GraphFault | undefined> => {
    const before = ids.flatMap(id => view.messages.get(id) ?? [])
    for (const message of before) change(withMessage(view, optimistic(message), Date.now()))
    const answer: Answer<Record<string, CountsFields>> = await graph.mutate(name, variables)
    const counts = answer.data && Object.values(answer.data)[0]
    if (counts) {
      change(withCounts(view, counts))
      return undefined
    }
    // Back to what was known; the log corrects it when the gateway had taken it after all.
    for (const message of before) change(withMessage(view, message, Date.now()))
    return answer.faults[0]
  }

  const send = async (id: string, decision: string, comment: string): Promise<GraphFault | undefined> => {
    forget(id)
    const idempotencyKey = randomKey()
    for (let attempt = 1; ; attempt++) {
      const { data, faults } = await graph.mutate('Decide', {
        message: id,
        decision,
        comment: comment || null,
        idempotencyKey,
      })
      if (data) {
        change(withMessage(view, data.decide.message, Date.now()))
        return undefined
      }
      const fault = faults[0] ?? { code: 'INTERNAL', message: '', retryable: false }
      if (fault.code !== 'OFFLINE' || attempt === sendAttempts) {
        change({ refused: new Map(view.refused).set(id, fault) })
        return fault
      }
      await new Promise(resolve => setTimeout(resolve, 500 * 2 ** attempt))
    }
  }

  const forget = (id: string): void => {
    clearTimeout(timers.get(id))
    timers.delete(id)
    const held = new Map(view.held)
    const refused = new Map(view.refused)
    held.delete(id)
    refused.delete(id)
    change({ held, refused })
  }

  // What was decided is sent when the page goes away; the reader has seen it as decided.
  const sendHeld = (): void => {
    for (const [id, { decision }] of view.held) void send(id, decision, '')
  }

  return {
    view: () => view,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    start() {
      addEventListener('pagehide', sendHeld)
      void loadCounts().then(started.resolve)
      void started.promise.then(follow)
    },
    stop() {
      removeEventListener('pagehide', sendHeld)
      stopLive?.()
      stopLive = undefined
    },
    open(filter) {
      const key = keyOf(filter)
      if (!view.lists.has(key)) {
        const list = {
          filter,
          ids: [],
          fresh: [],
          total: 0,
          endCursor: null,
          hasMore: false,
          loading: true,
          failed: false,
        }
        change({ lists: new Map(view.lists).set(key, list) })
        void load(key, filter, null)
      }
      return key
    },
    reload,
    loadAnew,
    async more(key) {
      const list = view.lists.get(key)
      if (!list?.hasMore || list.loading) return
      patchList(key, { loading: true })
      await load(key, list.filter, list.endCursor)
    },
    take: message => change(withMessage(view, message, Date.now())),
    markRead: ids => run('MarkRead', { messages: ids }, ids, message => ({ ...message, read: true })),
    async markAllRead(filter) {
      const ids = view.lists.get(keyOf(filter))?.ids ?? []
      return await run('MarkAllRead', { filter }, ids, message => ({ ...message, read: true }))
    },
    archive: ids => run('Archive', { messages: ids }, ids, message => ({ ...message, state: 'ARCHIVED' })),
    async unarchive(ids) {
      const fault = await run('Unarchive', { messages: ids }, ids, message => ({ ...message, state: 'OPEN' }))
      // Who takes a message back wants to see it back: it does not wait with the new ones.
      const waiting = [...view.lists].filter(([, list]) => list.fresh.some(id => ids.includes(id)))
      await Promise.all(waiting.map(([key]) => reload(key)))
      return fault
    },
    snooze: (ids, until) =>
      run('Snooze', { messages: ids, until }, ids, message => ({ ...message, state: 'SNOOZED', snoozedUntil: until })),
    decide: send,
    hold(id, decision, label) {
      forget(id)
      change({ held: new Map(view.held).set(id, { decision, label, sendAt: Date.now() + undoMs }) })
      timers.set(
        id,
        setTimeout(() => void send(id, decision, ''), undoMs),
      )
    },
    undo: forget,
  }
}

// crypto.randomUUID exists in secure contexts only; an intranet may serve plain HTTP.
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}
