import { type EntitySet, findProperty, type Property, type SqlValue } from '../model/types.ts'
import { badRequest } from '../odata/errors.ts'
import { calendarDay, scaled, utcMoment } from '../odata/values.ts'

/** A request body as stored values by property name. */
export type Values = Record<string, SqlValue>

/**
 * Checks a JSON body against an entity type. Properties the server computes are passed over (OData Protocol §11.4.2),
 * everything else must be known and of its type.
 * @throws ODataError 400 naming the property and what it takes
 */
export function readBody(body: unknown, set: EntitySet, required: readonly string[] = []): Values {
  const values: Values = {}
  for (const [name, value] of Object.entries(jsonObject(body))) {
    if (name.startsWith('@') || name.includes('@')) continue
    const property = findProperty(set, name)
    if (!property) throw badRequest(`${set.name} has no property "${name.slice(0, 60)}".`, name.slice(0, 60))
    if (!property.computed) values[name] = storedValue(value, property)
  }
  const missing = required.find(name => values[name] === undefined)
  if (missing) throw badRequest(`${missing} is missing.`, missing)
  return values
}

/** @throws ODataError 400 unless the body is a JSON object */
export function jsonObject(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw badRequest('The body must be a JSON object.')
  // Narrowed above: a non-null object that is no array.
  return body as Record<string, unknown>
}

function storedValue(value: unknown, property: Property): SqlValue {
  const { name, type } = property
  if (value === null) {
    if (property.nullable) return null
    throw badRequest(`${name} cannot be null.`, name)
  }
  if (type === 'Edm.Decimal') return decimal(value, property)
  if (type === 'Edm.Int32') {
    if (Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31) return Number(value)
    throw badRequest(`${name} takes a whole number.`, name)
  }
  if (type === 'Edm.Boolean' && typeof value === 'boolean') return value ? 1 : 0
  if (
    type === 'Collection(Edm.String)' &&
    Array.isArray(value) &&
    value.every(each => typeof each === 'string' && each.length <= 200)
  )
    return JSON.stringify(value)
  if (typeof value === 'string') {
    if (type === 'Edm.String' && value.length <= 2000) return value
    if (type === 'Edm.Date') return calendarDay(value)
    if (type === 'Edm.DateTimeOffset') return utcMoment(value)
  }
  throw badRequest(`${name} takes ${expected[type] ?? type}.`, name)
}

const expected: Partial<Record<Property['type'], string>> = {
  'Edm.String': 'a text of at most 2,000 characters',
  'Edm.Boolean': 'true or false',
  'Edm.Date': 'a day like "2026-11-21"',
  'Edm.DateTimeOffset': 'a moment like "2026-11-21T09:30:00Z"',
  'Collection(Edm.String)': 'a list of texts',
}

/** A JSON number, or a text as clients with IEEE754Compatible=true send it. */
function decimal(value: unknown, { name, scale = 0 }: Property): number {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : ''
  const digits = /^-?\d{1,12}(?:\.(\d+))?$/.exec(text)
  if (!digits || (digits[1]?.length ?? 0) > scale)
    throw badRequest(`${name} takes a number with at most ${scale} decimals.`, name)
  return scaled(text, scale)
}
