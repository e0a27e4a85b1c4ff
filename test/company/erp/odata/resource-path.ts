import { findEntitySet } from '../model/entities.ts'
import {
  type EntitySet,
  findProperty,
  type Navigation,
  type Property,
  type Source,
  type SqlValue,
} from '../model/types.ts'
import { Cursor, listOf } from './cursor.ts'
import { badRequest, notFound, notImplemented } from './errors.ts'
import { parseLiteral } from './filter.ts'
import type { Sql } from './sql.ts'
import { decimalText, kindOf, literalValue } from './values.ts'

export type KeyValues = { property: Property; value: SqlValue }[]
export type Resource =
  | { kind: 'service' | 'metadata' | 'batch' }
  | { kind: 'collection' | 'count' | 'query'; set: EntitySet }
  | { kind: 'entity'; set: EntitySet; key: KeyValues }
  | { kind: 'related'; set: EntitySet; key: KeyValues; navigation: Navigation; count: boolean }

/**
 * What a path below the service root names (OData URL Conventions 4.01 §4). The path is still percent-encoded.
 * @throws ODataError 404 for an unknown resource, 400 for a malformed key, 501 for forms that are not offered
 */
export function parseResourcePath(path: string): Resource {
  const segments = path.split('/').filter(Boolean).map(decode)
  const [first, second, third, ...rest] = segments
  if (first === undefined) return { kind: 'service' }
  if (segments.length === 1 && first === '$metadata') return { kind: 'metadata' }
  if (segments.length === 1 && first === '$batch') return { kind: 'batch' }
  if (first.startsWith('$')) throw notFound(`There is no resource "${first.slice(0, 60)}".`)
  const match = /^([A-Za-z_]\w*)(?:\((.*)\))?$/s.exec(first)
  const set = match ? findEntitySet(match[1]!) : undefined
  if (!set)
    throw notFound(`There is no entity set "${first.slice(0, 60)}"; the service document lists those there are.`)
  const keyText = match![2]
  if (keyText === undefined) return collection(set, segments)
  const key = parseKey(keyText, set)
  if (second === undefined) return { kind: 'entity', set, key }
  const navigation = set.navigation.find(each => each.name === second)
  if (!navigation)
    throw findProperty(set, second)
      ? notImplemented('Addressing one property is not offered; use $select.')
      : notFound(`${set.name} has no navigation "${second.slice(0, 60)}".`)
  if (rest.length > 0 || (third !== undefined && third !== '$count'))
    throw notImplemented('Paths go one navigation deep.')
  return { kind: 'related', set, key, navigation, count: third === '$count' }
}

function collection(set: EntitySet, segments: string[]): Resource {
  const [, second] = segments
  if (second === undefined) return { kind: 'collection', set }
  if (segments.length === 2 && second === '$count') return { kind: 'count', set }
  if (segments.length === 2 && second === '$query') return { kind: 'query', set }
  throw notImplemented(`A key is written in parentheses: ${set.name}('…').`)
}

/** `'00017'`, or `Product='P-1',Warehouse='W1'` when the key has several parts. */
function parseKey(text: string, set: EntitySet): KeyValues {
  const properties = set.key.map(name => findProperty(set, name)!)
  const cursor = new Cursor(text)
  const parts = listOf(cursor, () => {
    const name = cursor.isMark('=', 1) ? cursor.name('a key property') : undefined
    if (name !== undefined) cursor.expect('=')
    return { name, literal: parseLiteral(cursor) }
  })
  cursor.end()
  const single = properties.length === 1 && parts.length === 1 && parts[0]!.name === undefined
  const values = properties.map(property => {
    const part = single ? parts[0] : parts.find(each => each.name === property.name)
    if (!part || parts.length !== properties.length)
      throw badRequest(`The key of ${set.name} is (${properties.map(each => `${each.name}=…`).join(',')}).`)
    return { property, value: literalValue(part.literal, kindOf(property), property.name) }
  })
  return values
}

/** The condition that a row has a key. */
export const keyCondition = (key: KeyValues): Sql => ({
  text: key.map(each => `${each.property.sql} IS ?`).join(' AND '),
  params: key.map(each => each.value),
})

/** The path of an entity below the service root, from its stored values: `StockLevels(Product='P-1',Warehouse='W1')`. */
export function entityPath(source: Source, row: Record<string, unknown>): string {
  const parts = source.key.map(name => {
    const property = findProperty(source, name)!
    const value = row[name]
    const text =
      property.type === 'Edm.String'
        ? `'${encodeURIComponent(String(value).replaceAll("'", "''"))}'`
        : property.type === 'Edm.Decimal'
          ? decimalText(Number(value), property.scale ?? 0)
          : String(value)
    return source.key.length === 1 ? text : `${name}=${text}`
  })
  return `${source.name}(${parts.join(',')})`
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw badRequest(`"${segment.slice(0, 60)}" is not percent-encoded correctly.`)
  }
}
