import type { PrimitiveType, Property, SqlValue } from '../model/types.ts'
import { badRequest } from './errors.ts'
import type { Literal } from './filter.ts'

/** What an expression yields: a type, and for Edm.Decimal the power of ten by which its SQL value is scaled. */
export type Kind = { type: PrimitiveType; scale: number }

export const kindOf = (property: Property): Kind => ({ type: property.type, scale: property.scale ?? 0 })

const numeric = new Set<PrimitiveType>(['Edm.Decimal', 'Edm.Double', 'Edm.Int32', 'Edm.Int64'])
export const isNumeric = (type: PrimitiveType): boolean => numeric.has(type)

/**
 * A literal as the SQL value to compare with something of `kind`.
 * @throws ODataError 400 when the literal's type does not fit, saying which would
 */
export function literalValue(literal: Literal, kind: Kind, subject: string): SqlValue {
  if (literal.kind === 'null') return null
  if (isNumeric(kind.type)) {
    if (literal.kind === 'number') return scaled(literal.text, kind.scale)
  } else if (kind.type === 'Edm.String') {
    if (literal.kind === 'string') return literal.text
  } else if (kind.type === 'Edm.Boolean') {
    if (literal.kind === 'boolean') return literal.value ? 1 : 0
  } else if (kind.type === 'Edm.Date') {
    if (literal.kind === 'date') return calendarDay(literal.text)
  } else if (kind.type === 'Edm.DateTimeOffset') {
    if (literal.kind === 'moment') return utcMoment(literal.text)
  }
  throw badRequest(`${subject} is an ${kind.type}; ${example[kind.type]}`)
}

const example: Record<PrimitiveType, string> = {
  'Edm.String': "compare it with a text in single quotes, e.g. 'C00001'.",
  'Edm.Decimal': 'compare it with a number, e.g. 1250.50.',
  'Edm.Double': 'compare it with a number, e.g. 12.5.',
  'Edm.Int32': 'compare it with a whole number, e.g. 12.',
  'Edm.Int64': 'compare it with a whole number, e.g. 12.',
  'Edm.Boolean': 'compare it with true or false.',
  'Edm.Date': 'compare it with a day without quotes, e.g. 2026-11-21.',
  'Edm.DateTimeOffset': 'compare it with a moment without quotes, e.g. 2026-11-21T09:30:00Z.',
  'Collection(Edm.String)': 'a collection cannot be compared.',
}

/** A decimal text × 10^scale: exact while it fits the scale; more digits keep their meaning in a comparison. */
export function scaled(text: string, scale: number): number {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  const value = match
    ? Number(
        `${match[1]}${match[2]}${(match[3] ?? '').slice(0, scale).padEnd(scale, '0')}.${(match[3] ?? '').slice(scale) || '0'}`,
      )
    : Number(text) * 10 ** scale
  if (!Number.isFinite(value)) throw badRequest(`"${text.slice(0, 40)}" is too large a number.`)
  return value
}

/** @throws ODataError 400 when the text is no day of the calendar */
export function calendarDay(text: string): string {
  const time = Date.parse(`${text}T00:00:00Z`)
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text)
    throw badRequest(`"${text.slice(0, 40)}" is no day of the calendar; write it like 2026-11-21.`)
  return text
}

/** Moments are stored as UTC with milliseconds, so that texts compare as moments do. */
export function utcMoment(text: string): string {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw badRequest(`"${text.slice(0, 40)}" is no moment; write it like 2026-11-21T09:30:00Z.`)
  return new Date(time).toISOString()
}

/** How a stored value appears in JSON (OData JSON Format 4.01 §7.1). */
export function jsonValue(value: unknown, kind: Kind, ieee754Compatible: boolean): unknown {
  if (value === null || value === undefined) return null
  switch (kind.type) {
    case 'Edm.Boolean':
      return value === 1
    case 'Collection(Edm.String)':
      return JSON.parse(String(value))
    case 'Edm.Decimal':
      return ieee754Compatible ? decimalText(Number(value), kind.scale) : Number(value) / 10 ** kind.scale
    case 'Edm.Int64':
      return ieee754Compatible ? String(value) : value
    default:
      return value
  }
}

/** `decimalText(-5, 2)` is `"-0.05"`. */
export function decimalText(value: number, scale: number): string {
  if (scale === 0) return String(value)
  const digits = String(Math.abs(value)).padStart(scale + 1, '0')
  return `${value < 0 ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
