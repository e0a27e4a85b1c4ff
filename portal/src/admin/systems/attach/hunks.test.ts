import { describe, expect, it } from 'vitest'
import { hunksOf } from './hunks.ts'

const lines = (n: number): string[] => Array.from({ length: n }, (_, place) => `line ${place + 1}`)
const text = (all: string[]): string => `${all.join('\n')}\n`
const told = (before: string[], after: string[]): string[] =>
  hunksOf(text(before), text(after)).map(hunk =>
    hunk
      .map(({ kind, old, now }) => `${{ same: ' ', added: '+', removed: '-' }[kind]}${old ?? ''}:${now ?? ''}`)
      .join(' '),
  )

describe('the difference of two texts', () => {
  it('shows a change with three lines around, numbered on both sides', () => {
    const after = lines(20).with(9, 'other')
    expect(told(lines(20), after)).toEqual([' 7:7  8:8  9:9 -10: +:10  11:11  12:12  13:13'])
  })

  it('is one group where the lines around touch, and two where they do not', () => {
    const near = lines(30).with(9, 'x').with(15, 'y')
    expect(told(lines(30), near)).toHaveLength(1)
    const far = lines(30).with(4, 'x').with(20, 'y')
    expect(told(lines(30), far)).toHaveLength(2)
  })

  it('shows every line once, in order', () => {
    const after = lines(30).with(9, 'x').with(12, 'y').toSpliced(16, 2).with(0, 'z')
    const now = hunksOf(text(lines(30)), text(after)).flatMap(hunk => hunk.flatMap(line => line.now ?? []))
    expect(now).toEqual([...new Set(now)].sort((a, b) => a - b))
  })

  it('is nothing for equal texts, whether the last line is ended or not, and everything for a new one', () => {
    expect(hunksOf('a\nb\n', 'a\nb')).toEqual([])
    expect(hunksOf('', '')).toEqual([])
    expect(hunksOf('', 'a\nb\n')).toEqual([
      [
        { kind: 'added', old: null, now: 1, text: 'a' },
        { kind: 'added', old: null, now: 2, text: 'b' },
      ],
    ])
  })
})
