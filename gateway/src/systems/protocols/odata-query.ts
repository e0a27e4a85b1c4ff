import { withAccount } from './account-text.ts'
import type { CsdlEntityType, CsdlTypes } from './csdl.ts'
import type { Expansions, ODataDialect, QueryOptions } from './odata-dialect.ts'
import { type Condition, InputFault, type Scalar } from './protocol.ts'

/** Writes a $filter expression; values are literals of their property's type, never text pasted in. */
export function writeFilter(dialect: ODataDialect, type: CsdlEntityType, conditions: readonly Condition[]): string {
  return conditions.map(condition => writeCondition(dialect, type, condition)).join(' and ')
}

function writeCondition(dialect: ODataDialect, type: CsdlEntityType, condition: Condition): string {
  if ('raw' in condition) return `(${withAccount(condition, stringLiteral)})`
  if ('any' in condition) {
    const text = stringLiteral(condition.contains)
    return `(${condition.any.map(property => dialect.contains(property, text)).join(' or ')})`
  }
  if ('inputs' in condition) {
    const terms = Object.entries(condition.inputs).map(
      ([name, value]) => `${name} eq ${literal(dialect, type, name, value)}`,
    )
    return terms.length === 0 ? 'true' : terms.join(' and ')
  }
  const { field, op, values } = condition
  if (values.length === 0) throw new InputFault(`${field}: an empty list would read as no condition at all`)
  const literals = values.map(value => literal(dialect, type, field, value))
  if (op === 'contains') return dialect.contains(field, literals[0] as string)
  if (op === 'in') return literals.length === 1 ? `${field} eq ${literals[0]}` : dialect.oneOf(field, literals)
  return `${field} ${op} ${literals[0]}`
}

/** A literal of the property's type. @throws InputFault when the value cannot be one */
export function literal(dialect: ODataDialect, type: CsdlEntityType, property: string, value: Scalar): string {
  const edm = type.properties.get(property)?.type
  if (edm === undefined) throw new InputFault(`${type.name} has no property ${property}`)
  return literalOf(dialect, edm, property, value)
}

/** A literal of an Edm type. @throws InputFault when the value cannot be one */
export function literalOf(dialect: ODataDialect, edm: string, name: string, value: Scalar): string {
  const text = String(value)
  const written = dialect.literal(edm, text)
  if (written === undefined) throw new InputFault(`${name} takes ${edm}, not "${text}"`)
  return written
}

export function stringLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** `('a')` or `(A='x',B='y')`, for the address of one entity. */
export function writeKey(dialect: ODataDialect, type: CsdlEntityType, key: unknown): string {
  if (key !== null && typeof key === 'object') {
    const parts = type.keys.map(name => {
      const value = (key as Record<string, Scalar | undefined>)[name]
      if (value === undefined) throw new InputFault(`${type.name} needs the key ${name}`)
      return `${name}=${encodeURIComponent(literal(dialect, type, name, value))}`
    })
    return `(${parts.join(',')})`
  }
  const only = type.keys[0]
  if (type.keys.length !== 1 || only === undefined)
    throw new InputFault(`the key of ${type.name} has ${type.keys.length} parts`)
  return `(${encodeURIComponent(literal(dialect, type, only, key as Scalar))})`
}

/** `?$filter=…&$top=…`, or nothing. */
export function writeQuery(dialect: ODataDialect, options: QueryOptions): string {
  const parts: string[] = []
  for (const [input, name, fixed] of dialect.options) {
    const value = options[input]
    if (value === undefined || value === '' || value === false || (input === 'skip' && value === 0)) continue
    parts.push(`${name}=${encodeURIComponent(fixed ?? String(value))}`)
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

/** The navigation properties that paths lead through. */
export function expansionsOf(type: CsdlEntityType, paths: readonly string[], types: CsdlTypes): Expansions {
  const tree = new Map<string, Expansions>()
  for (const path of paths) {
    let at: CsdlEntityType | undefined = type
    let level = tree
    for (const part of path.split('.')) {
      const to: string | undefined = at?.navigations.get(part)?.type
      if (to === undefined) break
      const below = (level.get(part) ?? new Map()) as Map<string, Expansions>
      level.set(part, below)
      level = below
      at = types.get(to)
    }
  }
  return tree
}
