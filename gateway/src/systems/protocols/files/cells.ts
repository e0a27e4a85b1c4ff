import { instantOf } from '../wall-clock.ts'
import type { ColumnKind, TableSettings } from './configuration.ts'
import type { Cell } from './fault.ts'

export type Value = string | number | boolean | null

/** Digits were lost before the file was written; `reason` says so. */
export interface Lost {
  lost: string
}

/**
 * A cell in the gateway's terms. What does not fit its kind stays the text of the file, for the dictionary to report;
 * a number of which the spreadsheet has lost digits is no value at all.
 */
export function readCell(cell: Cell, kind: ColumnKind, settings: TableSettings, zone: string): Value | Lost {
  if (cell === null || cell === '') return null
  if (cell instanceof Date) return readDate(cell, kind, zone)
  if (typeof cell === 'boolean') return kind === 'boolean' ? cell : String(cell)
  if (typeof cell === 'object') return readNumber(cell.number, kind, zone)
  const text = cell.trim()
  if (text === '') return null
  switch (kind) {
    case 'text':
      return text
    case 'integer':
      return wholeOf(decimalOf(text, settings.decimal) ?? text) ?? text
    case 'decimal':
      return decimalOf(text, settings.decimal) ?? text
    case 'boolean':
      return booleans.get(text.toLowerCase()) ?? text
    case 'date':
      return dayOf(text, settings.days) ?? text
    case 'time':
      return timeOf(text, settings.days, zone) ?? text
  }
}

/** The same for values of a column that are equal: decimals whatever noughts they end with, text letter by letter. */
export function keyOf(value: Value, kind: ColumnKind): string {
  const text = String(value)
  return kind === 'decimal' && /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '') : text
}

const booleans = new Map([
  ...['true', '1', 'y', 'yes', '是', '√', 't', 'ja', 'x'].map(text => [text, true] as const),
  ...['false', '0', 'n', 'no', '否', '×', 'f', 'nein'].map(text => [text, false] as const),
])

// A day that a spreadsheet shows has no zone; the reader gives it as if it were in UTC.
function readDate(date: Date, kind: ColumnKind, zone: string): Value {
  if (Number.isNaN(date.getTime())) return null
  // Seconds are kept as fractions of a day, which never come out even.
  const wall = new Date(Math.round(date.getTime() / 1000) * 1000).toISOString().slice(0, 19).replace('T', ' ')
  if (kind === 'time') return instantOf(wall, zone) ?? wall
  return kind === 'date' || wall.endsWith(' 00:00:00') ? wall.slice(0, 10) : wall
}

function readNumber(raw: string, kind: ColumnKind, zone: string): Value | Lost {
  const number = Number(raw)
  if (!Number.isFinite(number)) return raw
  if ((kind === 'date' || kind === 'time') && number >= 1 && number < 2_958_466)
    return readDate(new Date(Math.round((number - 25_569) * 86_400_000)), kind, zone)
  if (kind === 'boolean') return booleans.get(String(number)) ?? String(number)
  // A spreadsheet keeps fifteen digits; what it shows after them is made up.
  if (Math.abs(number) >= 1e15) return { lost: 'a number of more than 15 digits, of which the spreadsheet kept 15' }
  const text = plain(Number(number.toPrecision(15)))
  return kind === 'integer' ? (wholeOf(text) ?? text) : text
}

function plain(number: number): string {
  const text = String(number)
  return text.includes('e') ? number.toFixed(20).replace(/\.?0+$/, '') : text
}

function wholeOf(text: string): Value | undefined {
  const whole = /^(-?\d+)(?:\.0*)?$/.exec(text)?.[1]
  if (whole === undefined) return undefined
  const number = Number(whole)
  return Number.isSafeInteger(number) ? number : whole
}

/** `1,234.50`, `1.234,50`, `1 234,5`, `1234-` as a decimal with a point; undefined for anything else. */
function decimalOf(text: string, point: '.' | ','): string | undefined {
  const groups = point === '.' ? ',' : '.'
  const parts = /^([+-]?)\s*([\d.,'\u00a0\u202f ]+?)\s*(-?)$/.exec(text)
  if (!parts) return undefined
  const [, sign, digits = '', after] = parts
  const [whole = '', fraction, more] = digits.split(point)
  if (more !== undefined || fraction?.match(/\D/)) return undefined
  const separated = new RegExp(`^\\d{1,3}([${groups}'\u00a0\u202f ]\\d{3})+$`)
  if (!/^\d*$/.test(whole) && !separated.test(whole)) return undefined
  const number = whole.replace(/\D/g, '') || '0'
  if (whole === '' && !fraction) return undefined
  const negative = (sign === '-') !== (after === '-')
  return `${negative ? '-' : ''}${number.replace(/^0+(?=\d)/, '')}${fraction ? `.${fraction}` : ''}`
}

function dayOf(text: string, days: TableSettings['days']): string | undefined {
  const plainDay = /^(\d{4})(\d\d)(\d\d)$/.exec(text)
  const parts = plainDay ?? /^(\d{1,4})[-/.年](\d{1,2})[-/.月](\d{1,4})日?$/.exec(text.replace(/\s+/g, ''))
  if (!parts) return undefined
  const [first = '', second = '', third = ''] = parts.slice(1)
  const [year, month, day] =
    first.length === 4
      ? [first, second, third]
      : days === 'dmy'
        ? [third, second, first]
        : days === 'mdy'
          ? [third, first, second]
          : []
  if (year?.length !== 4 || !month || !day) return undefined
  const written = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  return instantOf(written, 'UTC') ? written : undefined
}

function timeOf(text: string, days: TableSettings['days'], zone: string): string | undefined {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(text)) return text
  const [, date = '', clock] = /^(.*?\d日?)(?:[T\s]+(\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?))?$/.exec(text) ?? []
  const day = dayOf(date, days)
  return (
    day &&
    instantOf(clock ? `${day} ${clock.padStart(clock.indexOf(':') === 1 ? clock.length + 1 : 0, '0')}` : day, zone)
  )
}
