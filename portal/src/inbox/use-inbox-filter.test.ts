import { describe, expect, it } from 'vitest'
import { readFilter, writeFilter } from './use-inbox-filter.ts'

describe('the filter in the address', () => {
  it('comes back as it was written', () => {
    const filter = {
      state: 'DONE' as const,
      kinds: ['APPROVAL' as const],
      systems: ['oa'],
      unread: true,
      overdue: true,
      text: '南通 & co',
    }
    expect(readFilter(new URLSearchParams(writeFilter(filter).toString()))).toEqual(filter)
  })

  it('leaves out what it does not know', () => {
    expect(readFilter(new URLSearchParams('state=LOST&kind=x&unread=yes&q=%20'))).toEqual({ state: 'OPEN' })
  })
})
