import { describe, expect, it } from 'vitest'
import {
  applyChange,
  emptyInbox,
  type InboxState,
  keyOf,
  matches,
  withCounts,
  withMessage,
  withPage,
} from './inbox-state.ts'
import { counts, message } from './message.fixture.ts'

const now = Date.parse('2026-11-23T04:00:00Z')
const open = { state: 'OPEN' as const }
const key = keyOf(open)

function loaded(...ids: string[]): InboxState {
  const nodes = ids.map(id => message({ id, seq: 10 }))
  return withPage(
    emptyInbox,
    key,
    open,
    {
      inbox: { nodes, totalCount: ids.length, pageInfo: { hasNextPage: false, endCursor: null } },
      inboxCounts: counts({ open: ids.length, seq: 10 }),
    },
    false,
  )
}

const list = (state: InboxState) => state.lists.get(key)!

describe('a change of the log', () => {
  it('moves the cursor, the counts and the message in one step', () => {
    const { state, follow } = applyChange(
      loaded('a'),
      { seq: 11, kind: 'MESSAGE', message: message({ id: 'b', seq: 11 }), counts: counts({ open: 2, seq: 11 }) },
      now,
    )
    expect(follow).toBe('applied')
    expect([state.cursor, state.counts?.open, state.messages.has('b')]).toEqual([11, 2, true])
  })

  it('waits beside the list instead of jumping into it, and is counted', () => {
    const { state } = applyChange(
      loaded('a'),
      { seq: 11, kind: 'MESSAGE', message: message({ id: 'b', seq: 11 }), counts: counts({ seq: 11 }) },
      now,
    )
    expect(list(state)).toMatchObject({ ids: ['a'], fresh: ['b'], total: 2 })
  })

  it('that was applied already changes nothing', () => {
    const before = loaded('a')
    const again = {
      seq: 10,
      kind: 'STATE' as const,
      message: message({ id: 'a', seq: 10, state: 'DONE' }),
      counts: counts({ seq: 10 }),
    }
    expect(applyChange(before, again, now)).toEqual({ state: before, follow: 'ignored' })
  })

  it('that leaves a gap is not applied, so that the missing one is fetched first', () => {
    const before = loaded('a')
    const early = {
      seq: 13,
      kind: 'MESSAGE' as const,
      message: message({ id: 'c', seq: 13 }),
      counts: counts({ seq: 13 }),
    }
    expect(applyChange(before, early, now)).toEqual({ state: before, follow: 'gap' })
  })

  it('RESET asks to load anew', () => {
    expect(applyChange(loaded('a'), { seq: 99, kind: 'RESET', message: null, counts: counts() }, now).follow).toBe(
      'reset',
    )
  })

  it('before the first page is known changes nothing: the page will hold it', () => {
    const change = {
      seq: 3,
      kind: 'MESSAGE' as const,
      message: message({ id: 'a', seq: 3 }),
      counts: counts({ seq: 3 }),
    }
    expect(applyChange(emptyInbox, change, now)).toEqual({ state: emptyInbox, follow: 'ignored' })
  })
})

describe('a message', () => {
  it('leaves the list when it is done, in the same step as the badge', () => {
    const { state } = applyChange(
      loaded('a', 'b'),
      {
        seq: 11,
        kind: 'STATE',
        message: message({ id: 'a', seq: 11, state: 'DONE' }),
        counts: counts({ open: 1, seq: 11 }),
      },
      now,
    )
    expect(list(state)).toMatchObject({ ids: ['b'], total: 1 })
    expect(state.counts?.open).toBe(1)
  })

  it('keeps its place when only its content changes', () => {
    const state = withMessage(loaded('a', 'b'), message({ id: 'a', seq: 12, read: true }), now)
    expect(list(state).ids).toEqual(['a', 'b'])
    expect(state.messages.get('a')?.read).toBe(true)
  })

  it('is not overwritten by an answer that was on its way while the log went on', () => {
    const done = withMessage(loaded('a'), message({ id: 'a', seq: 12, state: 'DONE' }), now)
    expect(withMessage(done, message({ id: 'a', seq: 11 }), now)).toBe(done)
  })

  it('that comes back after a refusal is shown again', () => {
    const gone = withMessage(loaded('a'), message({ id: 'a', seq: 11, state: 'DONE' }), now)
    const back = withMessage(gone, message({ id: 'a', seq: 12 }), now)
    expect(list(back)).toMatchObject({ fresh: ['a'], total: 1 })
  })
})

describe('a page', () => {
  it('is added to what is there without repeating a message', () => {
    const second = withPage(
      loaded('a', 'b'),
      key,
      open,
      {
        inbox: {
          nodes: [message({ id: 'b', seq: 10 }), message({ id: 'c', seq: 10 })],
          totalCount: 3,
          pageInfo: { hasNextPage: false, endCursor: null },
        },
        inboxCounts: counts({ seq: 10 }),
      },
      true,
    )
    expect(list(second).ids).toEqual(['a', 'b', 'c'])
  })

  it('does not bring back older counts', () => {
    const state = withCounts(withCounts(emptyInbox, counts({ open: 4, seq: 20 })), counts({ open: 9, seq: 19 }))
    expect(state.counts?.open).toBe(4)
  })
})

describe('a filter', () => {
  it('takes messages as the gateway does', () => {
    const late = message({ id: 'a', dueAt: '2026-11-23T03:00:00Z', title: '特价审批：南通', system: 'oa' })
    expect(matches(late, { overdue: true }, now)).toBe(true)
    expect(matches(late, { overdue: false }, now)).toBe(false)
    expect(matches(late, { text: ' 南通 ' }, now)).toBe(true)
    expect(matches(late, { kinds: ['ALERT'] }, now)).toBe(false)
    expect(matches(late, { systems: ['erp', 'oa'], unread: true }, now)).toBe(true)
    expect(matches({ ...late, state: 'ARCHIVED' }, {}, now)).toBe(false)
  })

  it('has one key however it is written', () => {
    expect(keyOf({ state: 'OPEN', unread: true })).toBe(keyOf({ unread: true, state: 'OPEN', text: '', kinds: null }))
    expect(keyOf({ state: 'OPEN' })).not.toBe(keyOf({ state: 'DONE' }))
  })
})
