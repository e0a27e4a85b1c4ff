import type { CsdlEntityType } from './csdl.ts'
import { type Condition, InputFault, type Scalar } from './protocol.ts'

/** Writes a $filter expression; values are literals of their property's type, never text pasted in. */
export function writeFilter(type: CsdlEntityType, conditions: readonly Condition[]): string {
  return conditions.map(condition => writeCondition(type, condition)).join(' and ')
}

function writeCondition(type: CsdlEntityType, condition: Condition): string {
  if ('raw' in condition) return `(${condition.raw})`
  if ('any' in condition) {
    const text = stringLiteral(condition.contains)
    return `(${condition.any.map(property => `contains(${property},${text})`).join(' or ')})`
  }
  if ('inputs' in condition) throw new InputFault('OData takes expressions, not named inputs')
  const { field, op, values } = condition
  if (values.length === 0) throw new InputFault(`${field}: an empty list would read as no condition at all`)
  const literals = values.map(value => literal(type, field, value))
  if (op === 'contains') return `contains(${field},${literals[0]})`
  if (op === 'in') return literals.length === 1 ? `${field} eq ${literals[0]}` : `${field} in (${literals.join(',')})`
  return `${field} ${op} ${literals[0]}`
}

/** A literal of the property's type. @throws InputFault when the value cannot be one */
export function literal(type: CsdlEntityType, property: string, value: Scalar): string {
  const edm = type.properties.get(property)?.type
  if (edm === undefined) throw new InputFault(`${type.name} has no property ${property}`)
  const text = String(value)
  const pattern = patterns[edm]
  if (!pattern) return stringLiteral(text)
  if (!pattern.test(text)) throw new InputFault(`${property} takes ${edm}, not "${text}"`)
  return text
}

const number = /^-?\d+(\.\d+)?$/
const patterns: Record<string, RegExp> = {
  'Edm.Int16': /^-?\d+$/,
  'Edm.Int32': /^-?\d+$/,
  'Edm.Int64': /^-?\d+$/,
  'Edm.Byte': /^\d+$/,
  'Edm.Decimal': number,
  'Edm.Double': number,
  'Edm.Boolean': /^(true|false)$/,
  'Edm.Date': /^\d{4}-\d{2}-\d{2}$/,
  'Edm.DateTimeOffset': /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/,
  'Edm.Guid': /^[0-9a-f-]{36}$/i,
}

function stringLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** `('a')` or `(A='x',B='y')`, for the address of one entity. */
export function writeKey(type: CsdlEntityType, key: unknown): string {
  if (key !== null && typeof key === 'object') {
    const parts = type.keys.map(name => {
      const value = (key as Record<string, Scalar | undefined>)[name]
      if (value === undefined) throw new InputFault(`${type.name} needs the key ${name}`)
      return `${name}=${encodeURIComponent(literal(type, name, value))}`
    })
    return `(${parts.join(',')})`
  }
  const only = type.keys[0]
  if (type.keys.length !== 1 || only === undefined)
    throw new InputFault(`the key of ${type.name} has ${type.keys.length} parts`)
  return `(${encodeURIComponent(literal(type, only, key as Scalar))})`
}

export interface QueryOptions {
  filter?: string
  apply?: string
  select?: string | readonly string[]
  expand?: string
  orderby?: string
  top?: number
  skip?: number
  count?: boolean
}

/** `?$filter=…&$top=…`, or nothing. */
export function writeQuery(options: QueryOptions): string {
  const select = typeof options.select === 'string' ? options.select : options.select?.join(',')
  const parts: [string, string | number | boolean | undefined][] = [
    ['$apply', options.apply],
    ['$filter', options.filter],
    ['$select', select],
    ['$expand', options.expand],
    ['$orderby', options.orderby],
    ['$top', options.top],
    ['$skip', options.skip || undefined],
    ['$count', options.count || undefined],
  ]
  const given = parts.filter(([, value]) => value !== undefined && value !== '')
  return given.length === 0
    ? ''
    : `?${given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`
}
