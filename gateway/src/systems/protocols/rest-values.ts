import { MappingFault, type Row, type Scalar } from './protocol.ts'
import type { RestDefinition } from './rest-definition.ts'

/** What the properties of a system are that does not describe itself. */
export interface RestValues {
  /** a record as the dictionary takes it */
  read(row: unknown): unknown
  /** a value of a condition as the system takes it; undefined when no record can have it */
  write(field: string, value: Scalar): Scalar | Digits | undefined
}

/** A number told by its digits, of which a float could lose some. */
export class Digits {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  /** JSON.rawJSON puts the digits on the wire as they are; TypeScript does not know it yet. */
  toJSON(): unknown {
    return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(this.text)
  }
}

type Kind = 'number' | 'boolean' | 'time' | 'day'
const local = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(\.\d{1,9})?$/

/** @throws MappingFault when the time zone is none */
export function restValues({ values, times, timeZone }: RestDefinition, system: string): RestValues {
  const kinds = new Map<string, Kind>()
  for (const kind of ['number', 'boolean', 'time', 'day'] as const)
    for (const path of values[kind]) kinds.set(path, kind)
  const none = new Set<unknown>(values.none)
  const zone = zoneOf(timeZone, system)
  const untouched = none.size === 0 && !values.trim && values.time.length === 0 && values.day.length === 0

  function readOne(path: string, value: unknown): unknown {
    if (Array.isArray(value)) return value.map(one => readOne(path, one))
    if (value !== null && typeof value === 'object')
      return Object.fromEntries(
        Object.entries(value).map(([name, one]) => [name, readOne(path === '' ? name : `${path}.${name}`, one)]),
      )
    const plain = values.trim && typeof value === 'string' ? value.trim() : value
    if (plain === '' || none.has(plain)) return null
    const kind = kinds.get(path)
    if (kind === 'day') return dayOf(plain)
    return kind === 'time' ? timeOf(plain) : plain
  }

  function dayOf(value: unknown): unknown {
    if (times === 'local') return typeof value === 'string' ? (local.exec(value)?.[1] ?? value) : value
    const time = timeOf(value)
    const at = typeof time === 'string' && time.includes('T') ? Date.parse(time) : Number.NaN
    return Number.isNaN(at) ? value : zone.text(at).slice(0, 10)
  }

  function timeOf(value: unknown): unknown {
    if (times === 'iso') return value
    if (times === 'local') return typeof value === 'string' ? (zone.instant(value) ?? value) : value
    const number = typeof value === 'number' || /^-?\d{1,15}$/.test(String(value)) ? Number(value) : Number.NaN
    const at = new Date(times === 'seconds' ? number * 1000 : number)
    return Number.isNaN(at.getTime()) ? value : at.toISOString()
  }

  function write(field: string, value: Scalar): Scalar | Digits | undefined {
    const kind = kinds.get(field)
    const text = String(value)
    if (kind === 'number') return /^-?\d{1,30}(\.\d{1,20})?$/.test(text) ? new Digits(plainDigits(text)) : undefined
    if (kind === 'boolean') return text === 'true' || text === 'false' ? text === 'true' : undefined
    if (kind !== 'time' && kind !== 'day') return value
    const at = Date.parse(text)
    if (Number.isNaN(at)) return undefined
    if (kind === 'day' && /^\d{4}-\d{2}-\d{2}$/.test(text)) return text
    if (times === 'iso') return new Date(at).toISOString()
    if (times === 'local') return zone.text(at).replace(' ', 'T')
    return times === 'seconds' ? Math.floor(at / 1000) : at
  }

  return { read: row => (untouched ? row : readOne('', row)), write }
}

// JSON knows no leading zeros, and 007 is the number 7.
function plainDigits(text: string): string {
  return text.replace(/^(-?)0+(?=\d)/, '$1')
}

function zoneOf(
  timeZone: string,
  system: string,
): { text(at: number): string; instant(text: string): string | undefined } {
  let calendar: Intl.DateTimeFormat
  try {
    // The Swedish way of writing a time is ISO 8601.
    calendar = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  } catch {
    throw new MappingFault(`${system}: there is no time zone ${timeZone}`)
  }
  const asUtc = (at: number): number => Date.parse(`${calendar.format(at).replace(' ', 'T')}Z`)
  return {
    text: at => calendar.format(at),
    instant(text) {
      const [, day, time, fraction = ''] = local.exec(text) ?? []
      const told = Date.parse(`${day}T${time}Z`)
      // Date.parse takes the 30th of February for the 2nd of March.
      if (Number.isNaN(told) || !new Date(told).toISOString().startsWith(String(day))) return undefined
      // The offset at a first guess may be that before a change of the clock; the second is right.
      const guess = told - (asUtc(told) - told)
      const at = told - (asUtc(guess) - guess)
      return new Date(at + Math.floor(Number(`0${fraction}`) * 1000)).toISOString()
    },
  }
}

/** Values in the order of the properties asked for, as a record. A row of another length is not one. */
export function byName(row: unknown, fields: readonly string[]): unknown {
  if (!Array.isArray(row) || row.length !== fields.length) return null
  const record: Row = {}
  for (const [index, path] of fields.entries()) {
    const parts = path.split('.')
    const last = parts.pop() as string
    let at = record
    for (const part of parts) {
      at[part] ??= {}
      at = at[part] as Row
    }
    at[last] = row[index]
  }
  return record
}
