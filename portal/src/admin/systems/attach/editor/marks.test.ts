import { describe, expect, it } from 'vitest'
import { marksOf, offsetOf } from './marks.ts'

const fault = (line: number | null, level: 'ERROR' | 'WARNING' = 'ERROR') => ({
  level,
  message: 'wrong',
  path: null,
  line,
  column: 1,
})
const text = 'a: 1\nb: 2\nc: 3\nd: 4\n'

describe('marks of faults', () => {
  it('stand at the lines of a checked text; an error outweighs a warning; what has no place has no mark', () => {
    const marks = marksOf([fault(2, 'WARNING'), fault(2), fault(4, 'WARNING'), fault(null)], text, text)
    expect([...marks]).toEqual([
      [2, 'ERROR'],
      [4, 'WARNING'],
    ])
  })

  it('move with the lines around a change, and go where the text itself was changed', () => {
    const changed = 'a: 1\nb: 2\nnew: 0\nmore: 0\nc: 5\nd: 4\n'
    expect([...marksOf([fault(1), fault(3), fault(4)], text, changed)]).toEqual([
      [1, 'ERROR'],
      [6, 'ERROR'],
    ])
    expect([...marksOf([fault(4)], text, 'a: 1\nd: 4\n')]).toEqual([[2, 'ERROR']])
  })

  it('are found again as a place in the text, never beyond the end of the line', () => {
    expect(offsetOf(text, 3, 2)).toBe(11)
    expect(offsetOf(text, 3, 99)).toBe(14)
    expect(offsetOf(text, 3, null)).toBe(10)
    expect(offsetOf(text, 99, 1)).toBe(text.length)
  })
})
