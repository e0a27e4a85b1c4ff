import { describe, expect, it } from 'vitest'
import { type Edit, indent, newLine, outdent } from './indent.ts'

/** A text with its selection marked by [ and ]; | is both. */
function after(change: (text: string, start: number, end: number) => Edit, marked: string): string {
  const start = marked.search(/[[|]/)
  const end = marked.includes('|') ? start : marked.indexOf(']') - 1
  const text = marked.replace(/[[\]|]/g, '')
  const { from, to, insert, selection } = change(text, start, end)
  const changed = text.slice(0, from) + insert + text.slice(to)
  const [a, b] = selection
  return a === b
    ? `${changed.slice(0, a)}|${changed.slice(a)}`
    : `${changed.slice(0, a)}[${changed.slice(a, b)}]${changed.slice(b)}`
}

describe('the editor', () => {
  it('puts two blanks at the cursor by Tab', () => {
    expect(after(indent, 'a:\n|b: 1')).toBe('a:\n  |b: 1')
  })

  it('indents every line of a selection, but no empty one and none that it only touches', () => {
    expect(after(indent, 'a:\n[b: 1\n\nc: 2\n]d: 3')).toBe('a:\n  [b: 1\n\n  c: 2\n]d: 3')
  })

  it('takes back up to two blanks by Shift+Tab, and nothing from a line without', () => {
    expect(after(outdent, 'a:\n  b|: 1')).toBe('a:\nb|: 1')
    expect(after(outdent, 'a:\n    [b: 1\n c: 2\nd]: 3')).toBe('a:\n  [b: 1\nc: 2\nd]: 3')
    expect(after(outdent, 'a|: 1')).toBe('a|: 1')
  })

  it('goes on at the depth of the line, deeper after a key without a value', () => {
    expect(after(newLine, '  rows: items|')).toBe('  rows: items\n  |')
    expect(after(newLine, '  filter:|')).toBe('  filter:\n    |')
    expect(after(newLine, 'dictionary: ||'.replace('||', '>|'))).toBe('dictionary: >\n  |')
    expect(after(newLine, '  # note:|')).toBe('  # note:\n  |')
  })
})
