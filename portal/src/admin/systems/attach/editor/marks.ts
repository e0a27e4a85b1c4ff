import type { Fault } from '../answers.ts'

/** Whether a line has errors, or warnings alone. */
export type Marks = ReadonlyMap<number, Fault['level']>

/**
 * The lines at which faults stand. Those of an earlier state of the text move with what stands around them; where the text
 * itself was changed since, nothing is known any more.
 */
export function marksOf(faults: readonly Fault[], checked: string, now: string): Marks {
  const before = checked.split('\n')
  const after = now.split('\n')
  const shorter = Math.min(before.length, after.length)
  let head = 0
  while (head < shorter && before[head] === after[head]) head++
  let tail = 0
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++
  const marks = new Map<number, Fault['level']>()
  for (const { line, level } of faults) {
    if (line === null) continue
    const place = line <= head ? line : line > before.length - tail ? line + after.length - before.length : undefined
    if (place !== undefined && marks.get(place) !== 'ERROR') marks.set(place, level)
  }
  return marks
}

/** Where a line and column (both from 1) are in a text. */
export function offsetOf(text: string, line: number, column: number | null): number {
  const lines = text.split('\n')
  const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0)
  return Math.min(text.length, before + Math.min((column ?? 1) - 1, lines[line - 1]?.length ?? 0))
}
