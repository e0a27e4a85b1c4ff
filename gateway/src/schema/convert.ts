/** A value does not fit its type in the dictionary; `reason` says why, without the value. */
export class Unfit {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

/** Turns a system's value into the dictionary's: null when there is none, Unfit when it breaks the type. */
export type Convert = (value: unknown) => unknown

const converters: Record<string, Convert> = {
  ID: toText,
  String: toText,
  Int: toInt,
  Float: toFloat,
  Boolean: toBoolean,
  Decimal: toDecimal,
  Date: toDate,
  DateTime: toDateTime,
}

/** @param codes the values of an enum by the codes a system writes */
export function converterFor(type: string, codes: ReadonlyMap<string, string> | undefined): Convert {
  const convert = codes ? (value: unknown) => codes.get(String(value)) ?? new Unfit('unknown code') : converters[type]
  if (!convert) throw new Error(`no conversion to ${type}`)
  return value => (value === null || value === undefined || value === '' ? null : convert(value))
}

function toText(value: unknown): unknown {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : new Unfit('no text')
}

function toInt(value: unknown): unknown {
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
  // GraphQL's Int is 32 bits wide.
  return typeof number === 'number' && Number.isInteger(number) && Math.abs(number) < 2 ** 31
    ? number
    : new Unfit('no whole number')
}

// A number with more digits than a float holds arrives as text.
function toFloat(value: unknown): unknown {
  const number = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : new Unfit('no number')
}

function toBoolean(value: unknown): unknown {
  if (typeof value === 'boolean') return value
  if (value === 'true' || value === 1) return true
  return value === 'false' || value === 0 ? false : new Unfit('neither true nor false')
}

function toDecimal(value: unknown): unknown {
  if (typeof value === 'string') return /^-?\d+(\.\d+)?$/.test(value) ? value : new Unfit('no decimal number')
  if (typeof value !== 'number' || !Number.isFinite(value)) return new Unfit('no decimal number')
  const text = String(value)
  return text.includes('e') ? new Unfit('a number beyond exact decimals') : text
}

function toDate(value: unknown): unknown {
  // A system without a type for days writes the midnight that begins it.
  const written = /^(\d{4}-\d{2}-\d{2})(T00:00(:00(\.0+)?)?)?(Z|[+-]\d{2}:\d{2})?$/
  const day = typeof value === 'string' ? written.exec(value)?.[1] : undefined
  return day !== undefined && existsOnCalendar(day) ? day : new Unfit('no date of the calendar')
}

function toDateTime(value: unknown): unknown {
  if (typeof value !== 'string') return new Unfit('no time')
  if (plainTime.test(value) && existsOnCalendar(value)) return value
  const day = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/.exec(value)?.[1]
  if (day === undefined) return new Unfit('no time with a zone')
  return existsOnCalendar(day) && !Number.isNaN(Date.parse(value)) ? value : new Unfit('no time of the calendar')
}

// What nearly every time looks like; whatever else may be one is looked at again, and parsed.
const plainTime = /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-](0\d|1[0-4]):?[0-5]\d)$/

// Date.parse takes the 30th of February for the 2nd of March.
function existsOnCalendar(day: string): boolean {
  const month = Number(day.slice(5, 7))
  const date = Number(day.slice(8, 10))
  if (month < 1 || month > 12 || date < 1) return false
  return date <= 28 || date <= new Date(Date.UTC(Number(day.slice(0, 4)), month, 0)).getUTCDate()
}
