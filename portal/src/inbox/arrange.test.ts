import { describe, expect, it } from 'vitest'
import { arrangeByDue, dueGroup, readingOrder } from './arrange.ts'
import { message } from './message.fixture.ts'

const now = new Date(2026, 10, 23, 9, 12).getTime()
const at = (day: number, hour: number): string => new Date(2026, 10, day, hour).toISOString()

describe('messages by when they are due', () => {
  it.each([
    [at(23, 7), 'overdue'],
    [at(23, 18), 'today'],
    [at(24, 0), 'week'],
    [at(29, 23), 'week'],
    [at(30, 9), 'later'],
    [null, 'none'],
  ])('due %s is %s', (dueAt, group) => {
    expect(dueGroup({ dueAt }, now)).toBe(group)
  })

  it('stand in groups from the most urgent to those without a date, each in the order given', () => {
    const groups = arrangeByDue(
      [message({ id: 'none' }), message({ id: 'late', dueAt: at(22, 9) }), message({ id: 'today', dueAt: at(23, 12) })],
      now,
    )
    expect(groups.map(group => group.id)).toEqual(['overdue', 'today', 'none'])
  })

  it('about the same thing stand together in the group of the most urgent', () => {
    const groups = arrangeByDue(
      [
        message({ id: 'note', threadKey: 'SO-1' }),
        message({ id: 'other', dueAt: at(23, 12) }),
        message({ id: 'hold', threadKey: 'SO-1', dueAt: at(23, 7) }),
      ],
      now,
    )
    expect(groups[0]).toMatchObject({ id: 'overdue' })
    expect(groups[0]?.threads[0]?.messages.map(one => one.id)).toEqual(['note', 'hold'])
    expect(readingOrder(groups).map(one => one.id)).toEqual(['note', 'hold', 'other'])
  })
})
