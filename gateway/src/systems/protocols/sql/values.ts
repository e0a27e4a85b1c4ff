import { parseExactJson } from '../exact-json.ts'
import type { Scalar } from '../protocol.ts'
import { instantOf, wallOf } from '../wall-clock.ts'
import type { Catalog, Kind } from './catalog.ts'

const limits64 = { long: [-(2n ** 63n), 2n ** 63n - 1n], unsigned: [0n, 2n ** 64n - 1n] } as const

/** A value as a server gave it, in the gateway's terms: decimals and wide ids as text, times exact. */
export function readValue(kind: Kind, raw: unknown, zone: string): unknown {
  if (raw === null || raw === undefined) return null
  switch (kind) {
    case 'text':
    case 'other':
    case 'uuid':
    case 'long':
    case 'unsigned':
    case 'decimal':
      return String(raw)
    case 'integer':
    case 'double':
      return numberOr(raw)
    case 'single':
      return typeof raw === 'number' ? shortest(raw) : numberOr(raw)
    case 'boolean':
      return Buffer.isBuffer(raw) ? raw[0] !== 0 : raw === 't' || (raw !== 'f' && Number(raw) !== 0)
    case 'date':
      return isZero(raw) ? null : String(raw)
    case 'local':
      return isZero(raw) ? null : (instantOf(String(raw), zone) ?? String(raw))
    case 'instant':
      return isZero(raw) ? null : (instantOf(String(raw).replace(/\+00$/, ''), 'UTC') ?? String(raw))
    case 'json':
      return typeof raw === 'string' ? parsed(raw) : raw
    case 'binary':
      return null
  }
}

/** A value as the parameter of a statement; undefined when no value of the column can be equal to it. */
export function writeValue(kind: Kind, value: Scalar, zone: string, server: Catalog['server']): Scalar | undefined {
  const text = String(value)
  switch (kind) {
    case 'text':
    case 'other':
      // PostgreSQL has no text with this character in it.
      return text.includes('\0') ? undefined : text
    case 'uuid':
      return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text : undefined
    case 'integer':
    case 'long':
      return isWhole(text, limits64.long) ? text : undefined
    case 'unsigned':
      return isWhole(text, limits64.unsigned) ? text : undefined
    case 'decimal':
      // Digits beyond these are beyond every column, and a server would round them.
      return /^-?\d{1,35}(\.\d{1,30})?$/.test(text) ? text : undefined
    case 'single':
    case 'double':
      return text !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined
    case 'boolean':
      if (value === true || text === 'true' || text === '1') return server === 'mysql' ? 1 : true
      return value === false || text === 'false' || text === '0' ? (server === 'mysql' ? 0 : false) : undefined
    case 'date':
      return instantOf(text, 'UTC') !== undefined && text.length === 10 ? text : undefined
    case 'local':
      return toWall(text, zone)
    case 'instant':
      return toInstant(text, zone, server)
    case 'json':
    case 'binary':
      return undefined
  }
}

function toWall(text: string, zone: string): string | undefined {
  if (instantOf(text, 'UTC') !== undefined) return text.replace('T', ' ')
  const at = instant(text)
  return at && wallOf(at, zone)
}

function toInstant(text: string, zone: string, server: Catalog['server']): string | undefined {
  const at = instant(instantOf(text, zone) ?? text)
  if (!at) return undefined
  return server === 'mysql' ? wallOf(at, 'UTC') : at.toISOString()
}

function instant(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.test(text)) return undefined
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? undefined : at
}

function isWhole(text: string, [least, most]: readonly [bigint, bigint]): boolean {
  // "0012" is not the number 12 to whoever asks by it.
  if (!/^(0|-?[1-9]\d{0,19})$/.test(text)) return false
  const number = BigInt(text)
  return number >= least && number <= most
}

function numberOr(raw: unknown): unknown {
  const number = Number(raw)
  return Number.isFinite(number) ? number : String(raw)
}

/** The fewest digits that say which number of 32 bits it is: 0.1, not 0.10000000149011612. */
function shortest(single: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(single.toPrecision(digits))
    if (Math.fround(short) === single) return short
  }
  return single
}

// MySQL writes a day that is not known as the year nought.
function isZero(raw: unknown): boolean {
  return /^0000-00-00/.test(String(raw))
}

function parsed(text: string): unknown {
  try {
    return parseExactJson(text)
  } catch {
    return text
  }
}
