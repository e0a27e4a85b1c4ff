import type { ReactNode } from 'react'
import {
  formatAgo,
  formatDay,
  formatDue,
  formatMoment,
  formatMoney,
  formatNumber,
  formatPercent,
} from '../sdk/format.ts'
import type { Cell, Line } from '../sdk/manifest.ts'
import type { Locale } from '../sdk/text.ts'

export interface Rendering {
  locale: Locale
  now: number
  /** parts of the answer are still awaited: a value that is not there at all may yet come */
  pending?: boolean | undefined
}

/** The value a path leads to in an answer; undefined where it ends early. */
export function valueAt(root: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], root)
}

/** Rows at a path; what is no list counts as none. */
export function rowsAt(root: unknown, path: string): unknown[] {
  const value = valueAt(root, path)
  return Array.isArray(value) ? value : []
}

/** The text of a cell and its tone; undefined when there is nothing to say. */
export function cellText(
  cell: Cell,
  row: unknown,
  { locale, now }: Rendering,
): { text: string; tone?: string; shape?: string } | undefined {
  if (cell.when && !valueAt(row, cell.when)) return undefined
  const value = cell.path ? valueAt(row, cell.path) : undefined
  if (value === undefined || value === null || value === '') return cell.text ? { text: cell.text[locale] } : undefined
  const code = String(value)
  const due = cell.format === 'due' ? formatDue(Date.parse(code), locale, now) : undefined
  const body = due?.text ?? cell.labels?.[code]?.[locale] ?? formatted(cell, value, row, locale, now)
  const tone = due?.late ? 'bad' : cell.tones?.[code]
  const shape = cell.shapes?.[code]
  return {
    text: `${cell.before?.[locale] ?? ''}${body}${cell.after?.[locale] ?? ''}`,
    ...(tone ? { tone } : {}),
    ...(shape ? { shape } : {}),
  }
}

/** Whether a cell's value is still awaited: nothing is there yet, not even that there is none. */
function isAwaited({ path, when }: Cell, row: unknown, { pending }: Rendering): boolean {
  if (!pending || !path) return false
  let value = row
  for (const name of (when ?? path).split('.')) {
    if (value === null || value === undefined) break
    value = (value as Record<string, unknown>)[name]
  }
  return value === undefined
}

/** A line's text only, for accessible names and titles. */
export function lineText(line: Line, row: unknown, rendering: Rendering): string {
  return [line]
    .flat()
    .flatMap(cell => cellText(cell, row, rendering)?.text ?? [])
    .join(' · ')
}

/** A line of cells; what is still awaited keeps its place. */
export function LineView({ line, row, ...rendering }: { line: Line; row: unknown } & Rendering): ReactNode {
  const parts: { text?: string; tone?: string; shape?: string }[] = [line]
    .flat()
    .flatMap(cell => cellText(cell, row, rendering) ?? (isAwaited(cell, row, rendering) ? {} : []))
  return parts.map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the cells of a line never change places
    <span key={index}>
      {index > 0 ? ' · ' : ''}
      {part.text === undefined ? (
        <i className="sk word" aria-hidden="true" />
      ) : (
        <span
          className={
            part.shape ? `state ${part.shape === 'on' ? '' : part.shape}` : part.tone === 'dim' ? 'dimmer' : part.tone
          }
        >
          {part.text}
        </span>
      )}
    </span>
  ))
}

function formatted(cell: Cell, value: unknown, row: unknown, locale: Locale, now: number): string {
  const text = String(value)
  switch (cell.format) {
    case 'money':
      return formatMoney(text, cell.currency ? String(valueAt(row, cell.currency) ?? 'CNY') : 'CNY', locale)
    case 'number':
      return formatNumber(Number(text), locale, 2)
    case 'percent':
      return formatPercent(Number(text), locale, 1)
    case 'day':
      return formatDay(dayOf(text), locale, now)
    case 'moment':
      return formatMoment(Date.parse(text), locale, now)
    case 'ago':
      return formatAgo(Date.parse(text), locale, now)
    default:
      return text
  }
}

// A date without a time means that day where the reader is, not midnight in Greenwich.
function dayOf(text: string): number {
  return Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T12:00:00` : text)
}
