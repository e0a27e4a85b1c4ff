import { MappingFault, type Scalar } from '../protocols/protocol.ts'
import { type Zone, zoneOf } from './zones.ts'

/** What a system wrote: a moment, or a day of its calendar. */
export type Told = { at: number } | { day: string }

/** How a system writes days and times. */
export interface TimeFormat {
  /** undefined when it is none; 'skipped' for a time that the clocks of the zone never showed */
  read(value: unknown): Told | undefined | 'skipped'
  /** a moment that `floor` answered, in the system's writing */
  write(at: number): Scalar
  /** the latest moment not after this one that can be written */
  floor(at: number): number
  zone: Zone
  dayOnly: boolean
}

const isoTime = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})$/
const localTime = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?$/
const isoDay = /^(\d{4})-(\d{2})-(\d{2})$/
const odataDate = /^\/Date\((-?\d{1,16})(?:[+-]\d{4})?\)\/$/

/** @throws MappingFault when there is no such format or zone */
export function timeFormat(format: string, zoneName: string): TimeFormat {
  const zone = zoneOf(zoneName)
  switch (format) {
    case 'epoch-s':
      return counted(
        zone,
        1000,
        value => wholeNumber(value, 12),
        at => at,
      )
    case 'epoch-ms':
      return counted(
        zone,
        1,
        value => wholeNumber(value, 16),
        at => at,
      )
    case 'odata-v2':
      return counted(
        zone,
        1,
        value => (typeof value === 'string' ? number(odataDate.exec(value)?.[1]) : undefined),
        at => `/Date(${at})/`,
      )
    case 'iso':
      return {
        ...counted(
          zone,
          1,
          value => value,
          at => new Date(at).toISOString(),
        ),
        read: value => readIso(value, zone),
      }
    case 'local':
      return pattern('YYYY-MM-DDTHH:mm:ss', zone, value => readIso(value, zone))
    default:
      return pattern(format, zone)
  }
}

function counted(
  zone: Zone,
  unit: number,
  read: (value: unknown) => unknown,
  write: (count: number) => Scalar,
): TimeFormat {
  return {
    zone,
    dayOnly: false,
    read(value) {
      const count = read(value)
      const at = typeof count === 'number' ? count * unit : Number.NaN
      return Number.isNaN(new Date(at).getTime()) ? undefined : { at }
    },
    write: at => write(at / unit),
    floor: at => Math.floor(at / unit) * unit,
  }
}

function wholeNumber(value: unknown, digits: number): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined
  return typeof value === 'string' && /^-?\d+$/.test(value) && value.length <= digits ? Number(value) : undefined
}

function number(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text)
}

/** ISO 8601 with a zone, without one (then it is the system's), or a day. */
function readIso(value: unknown, zone: Zone): Told | undefined | 'skipped' {
  if (typeof value !== 'string') return undefined
  const day = isoDay.exec(value)
  if (day) return isDay(day.slice(1, 4)) ? { day: value } : undefined
  const zoned = isoTime.exec(value)
  if (zoned) {
    const at = Date.parse(value)
    return Number.isNaN(at) || !isDay(zoned[1]?.split('-') ?? []) ? undefined : { at }
  }
  const parts = localTime.exec(value)
  return parts ? local(parts.slice(1), zone) : undefined
}

/** @param parts year, month, day, hour, minute, second, fraction */
function local(parts: readonly (string | undefined)[], zone: Zone): Told | undefined | 'skipped' {
  const [year, month, day, hour = '00', minute = '00', second = '00', fraction = ''] = parts
  if (!isDay([year, month, day])) return undefined
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const shown = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${`${fraction}000`.slice(0, 3)}Z`)
  const at = zone.instant(shown)
  return at === undefined ? 'skipped' : { at }
}

// Date.parse takes the 30th of February for the 2nd of March.
function isDay(parts: readonly (string | undefined)[]): boolean {
  const text = parts.join('-')
  const at = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}

const tokens = { YYYY: 4, MM: 2, DD: 2, HH: 2, mm: 2, ss: 2, SSS: 3 } as const
const order = Object.keys(tokens) as (keyof typeof tokens)[]

function pattern(format: string, zone: Zone, also?: TimeFormat['read']): TimeFormat {
  const found = [...format.matchAll(/YYYY|MM|DD|HH|mm|ss|SSS/g)].map(([token]) => token as keyof typeof tokens)
  if (new Set(found).size !== found.length || !['YYYY', 'MM', 'DD'].every(token => found.includes(token as 'YYYY')))
    throw new MappingFault(
      `"${format}" is no way to write a time: iso, local, epoch-s, epoch-ms, odata-v2 or a pattern of YYYY, MM, DD, HH, mm, ss, SSS`,
    )
  const literal = format.split(/YYYY|MM|DD|HH|mm|ss|SSS/)
  if (literal.some(text => /[A-SU-Za-z\d]/.test(text)))
    throw new MappingFault(`"${format}" has letters that are no part of a time`)
  const escaped = literal.map(text => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
  const reads = new RegExp(
    `^${escaped.map((text, index) => text + (found[index] ? `(\\d{${tokens[found[index]]}})` : '')).join('')}$`,
  )
  const dayOnly = found.length === 3
  const unit = found.includes('SSS') ? 1 : found.includes('ss') ? 1000 : found.includes('mm') ? 60_000 : 3_600_000

  return {
    zone,
    dayOnly,
    read(value) {
      // A number such as 20260131 is written without quotes.
      const parts = reads.exec(typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '')
      if (!parts) return also?.(value)
      const at = order.map(token => (found.includes(token) ? parts[found.indexOf(token) + 1] : undefined))
      if (!dayOnly) return local(at, zone)
      return isDay(at.slice(0, 3)) ? { day: at.slice(0, 3).join('-') } : undefined
    },
    write(at) {
      const shown = new Date(at + zone.offset(at)).toISOString()
      const values = [
        shown.slice(0, 4),
        shown.slice(5, 7),
        shown.slice(8, 10),
        shown.slice(11, 13),
        shown.slice(14, 16),
        shown.slice(17, 19),
        shown.slice(20, 23),
      ]
      return literal.map((text, index) => text + (found[index] ? values[order.indexOf(found[index])] : '')).join('')
    },
    floor(at) {
      if (dayOnly) return zone.dayStart(zone.day(at))
      const ahead = zone.offset(at)
      return Math.floor((at + ahead) / unit) * unit - ahead
    },
  }
}
