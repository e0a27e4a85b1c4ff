import { diffLines } from 'diff'

/** A line of a difference; a number is null where the line is not. */
export interface DiffLine {
  kind: 'same' | 'added' | 'removed'
  old: number | null
  now: number | null
  text: string
}

const around = 3

/** What is other in a text, in groups with the lines around; groups that would touch are one. */
export function hunksOf(before: string, after: string): DiffLine[][] {
  const lines = linesOf(before, after)
  const hunks: DiffLine[][] = []
  let end = -1
  lines.forEach((line, place) => {
    if (line.kind === 'same') return
    const from = Math.max(end, place - around, 0)
    const to = Math.min(lines.length, place + around + 1)
    const last = hunks.at(-1)
    if (last && from <= end) last.push(...lines.slice(end, to))
    else hunks.push(lines.slice(from, to))
    end = Math.max(end, to)
  })
  return hunks
}

function linesOf(before: string, after: string): DiffLine[] {
  // The last line counts as the others do, whether it ends or not.
  const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`)
  let old = 0
  let now = 0
  return diffLines(ended(before), ended(after)).flatMap(({ added, removed, value }) => {
    const kind = added ? 'added' : removed ? 'removed' : 'same'
    return value
      .replace(/\n$/, '')
      .split('\n')
      .map(text => ({ kind, old: added ? null : ++old, now: removed ? null : ++now, text }) as const)
  })
}
