/** A replacement in a text, and what is selected after it. */
export interface Edit {
  from: number
  to: number
  insert: string
  selection: [number, number]
}

const step = '  '

/** What Tab does: two blanks at the cursor, or in front of every line that is selected. */
export function indent(text: string, start: number, end: number): Edit {
  if (!text.slice(start, end).includes('\n'))
    return { from: start, to: end, insert: step, selection: [start + step.length, start + step.length] }
  return overLines(text, start, end, line => (line === '' ? line : step + line))
}

/** What Shift+Tab does: up to two blanks less in front of every line that is touched. */
export function outdent(text: string, start: number, end: number): Edit {
  return overLines(text, start, end, line => line.replace(/^ {1,2}|^\t/, ''))
}

/** What Enter does: a new line as deep as this one, deeper after a key that opens a structure. */
export function newLine(text: string, start: number, end: number): Edit {
  const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start)
  const depth = /^ */.exec(before)?.[0] ?? ''
  const opens = /^[^#]*:\s*[|>]?\s*$/.test(before)
  const insert = `\n${depth}${opens ? step : ''}`
  return { from: start, to: end, insert, selection: [start + insert.length, start + insert.length] }
}

function overLines(text: string, start: number, end: number, change: (line: string) => string): Edit {
  const from = text.lastIndexOf('\n', start - 1) + 1
  // A selection that ends at the start of a line does not touch that line.
  const last = end > start && text[end - 1] === '\n' ? end - 1 : end
  const stop = text.indexOf('\n', last)
  const to = stop < 0 ? text.length : stop
  const lines = text.slice(from, to).split('\n')
  const changed = lines.map(change)
  const insert = changed.join('\n')
  const first = (changed[0]?.length ?? 0) - (lines[0]?.length ?? 0)
  return {
    from,
    to,
    insert,
    selection: [Math.max(from, start + first), Math.max(from, end + insert.length - (to - from))],
  }
}
