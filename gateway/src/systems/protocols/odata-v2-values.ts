import { stringLiteral } from './odata-query.ts'
import { plainNumber } from './odata-v4.ts'

// How OData v2 writes values in addresses and in its JSON ([MS-ODATA] 2.2.2 and 2.2.6.3.1). An Edm.DateTime has no zone; its
// JSON counts from 1970 in UTC, and so it is read and written here.

const whole = /^-?\d+$/
const day = /^\d{4}-\d{2}-\d{2}$/
const time = /^\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?$/
const moment = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?)(Z|[+-]\d{2}:?\d{2})?$/
const jsonDate = /^\/Date\((-?\d+)(?:[+-]\d+)?\)\/$/
const duration = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(\.\d+)?S)?$/

const literals: Record<string, (text: string) => string | undefined> = {
  'Edm.Byte': text => (/^\d+$/.test(text) ? text : undefined),
  'Edm.SByte': text => (whole.test(text) ? text : undefined),
  'Edm.Int16': text => (whole.test(text) ? text : undefined),
  'Edm.Int32': text => (whole.test(text) ? text : undefined),
  'Edm.Int64': text => (whole.test(text) ? `${text}L` : undefined),
  'Edm.Decimal': text => (/^-?\d+(\.\d+)?$/.test(text) ? `${text}M` : undefined),
  'Edm.Double': text => (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? `${text}d` : undefined),
  'Edm.Single': text => (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? `${text}f` : undefined),
  'Edm.Boolean': text => (/^(true|false)$/.test(text) ? text : undefined),
  'Edm.Guid': text => (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? `guid'${text}'` : undefined),
  'Edm.DateTime': text => {
    const at = toMoment(text)
    return at && `datetime'${at.replace(/(\.000)?Z$/, '')}'`
  },
  'Edm.DateTimeOffset': text => {
    const at = moment.exec(text)?.[2] && toMoment(text)
    return at ? `datetimeoffset'${at.replace('.000Z', 'Z')}'` : undefined
  },
  'Edm.Time': text => {
    const written = toDuration(text)
    return written && `time'${written}'`
  },
  'Edm.Binary': text => (/^([0-9a-f]{2})*$/i.test(text) ? `X'${text}'` : undefined),
}

/** A literal of an address; undefined when the text is no value of the type. */
export function writeLiteral(edm: string, text: string): string | undefined {
  const write = literals[edm]
  return write ? write(text) : stringLiteral(text)
}

/** A plain value as v2's JSON has it; what does not fit is left for the system to refuse. */
export function writeValue(edm: string, value: unknown): unknown {
  if (value === null || value === undefined) return value
  if (edm === 'Edm.Decimal' || edm === 'Edm.Int64') return typeof value === 'number' ? plainNumber(value) : value
  if (typeof value !== 'string') return value
  if (edm === 'Edm.DateTime' || edm === 'Edm.DateTimeOffset') {
    const at = toMoment(value)
    return at === undefined ? value : `/Date(${Date.parse(at)})/`
  }
  return edm === 'Edm.Time' ? (toDuration(value) ?? value) : value
}

/**
 * A value of v2's JSON as the gateway has it: decimals and 64-bit numbers text, times ISO 8601. What does not fit its type
 * is left as it is: the dictionary reports it.
 * @param isDay the property is a day, though its type has a time too
 */
export function readValue(edm: string, value: unknown, isDay: boolean): unknown {
  switch (edm) {
    case 'Edm.Decimal':
    case 'Edm.Int64':
      return typeof value === 'number' ? plainNumber(value) : value
    case 'Edm.Double':
    case 'Edm.Single':
      return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value
    case 'Edm.DateTime':
    case 'Edm.DateTimeOffset': {
      const at = typeof value === 'string' ? readMoment(value) : undefined
      if (at === undefined) return value
      return isDay && at.includes('T00:00:00Z') ? at.slice(0, 10) : at
    }
    case 'Edm.Time':
      return typeof value === 'string' ? readDuration(value) : value
    default:
      return value
  }
}

function readMoment(value: string): string | undefined {
  const ticks = jsonDate.exec(value)?.[1]
  if (ticks === undefined) return toMoment(value)?.replace('.000Z', 'Z')
  const at = new Date(Number(ticks))
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString().replace('.000Z', 'Z')
}

/** Days and times, with a zone or without, as a time in UTC with milliseconds. */
function toMoment(text: string): string | undefined {
  const parts = moment.exec(text)
  const zoned = day.test(text) ? `${text}T00:00:00Z` : parts && `${parts[1]}${parts[2] ?? 'Z'}`
  const at = new Date(zoned ?? Number.NaN)
  if (Number.isNaN(at.getTime())) return undefined
  // The 30th of February would be taken for the 2nd of March.
  const written = new Date(`${text.slice(0, 10)}T00:00:00Z`)
  return written.toISOString().startsWith(text.slice(0, 10)) ? at.toISOString() : undefined
}

function toDuration(text: string): string | undefined {
  if (duration.test(text) && text !== 'PT') return text
  if (!time.test(text)) return undefined
  const [hours, minutes, seconds = '00'] = text.split(':')
  return `PT${hours}H${minutes}M${seconds}S`
}

function readDuration(value: string): string {
  const parts = duration.exec(value)
  if (!parts || value === 'PT') return value
  const [, hours = '0', minutes = '0', seconds = '0', fraction = ''] = parts
  return `${[hours, minutes, seconds].map(one => one.padStart(2, '0')).join(':')}${fraction}`
}
