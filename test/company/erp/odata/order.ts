import { findProperty, type Property, type Source, type SqlValue } from '../model/types.ts'
import { Cursor, listOf } from './cursor.ts'
import { badRequest, notImplemented } from './errors.ts'
import { propertyOf, type Sql, type Visible } from './sql.ts'

export type Ordering = { property: Property; descending: boolean }

/** `$orderby`, made total by the source's key, so that pages neither repeat nor miss a row. */
export function parseOrder(text: string | undefined, source: Source, visible: Visible): Ordering[] {
  const asked = text === undefined ? [] : parse(text, source, visible)
  const rest = source.key.filter(name => !asked.some(each => each.property.name === name))
  return [...asked, ...rest.map(name => ({ property: findProperty(source, name)!, descending: false }))]
}

function parse(text: string, source: Source, visible: Visible): Ordering[] {
  const cursor = new Cursor(text)
  const orderings = listOf(cursor, () => {
    const property = propertyOf(source, cursor.name('a property'), visible)
    if (cursor.isMark('/') || cursor.isMark('(')) throw notImplemented('$orderby takes properties only.')
    if (property.type === 'Collection(Edm.String)') throw badRequest(`${property.name} is a collection.`)
    const descending = cursor.accept('desc')
    if (!descending) cursor.accept('asc')
    return { property, descending }
  })
  cursor.end()
  if (orderings.length > 10) throw badRequest('$orderby takes at most 10 properties.')
  return orderings.filter((each, index) => orderings.findIndex(other => other.property === each.property) === index)
}

export const orderSql = (orderings: Ordering[]): string =>
  orderings.length === 0
    ? ''
    : ` ORDER BY ${orderings.map(each => `${each.property.sql}${each.descending ? ' DESC' : ''}`).join(', ')}`

/**
 * The condition for the rows after one whose ordering values are `values` (keyset paging): rows written between two
 * pages move nothing. NULL sorts lowest in SQLite, as OData asks (§11.2.6.2).
 */
export function after(orderings: Ordering[], values: SqlValue[]): Sql {
  const alternatives: Sql[] = orderings.map((ordering, index) => {
    const equal = orderings.slice(0, index).map(each => `${each.property.sql} IS ?`)
    const beyond = past(ordering, values[index]!)
    return {
      text: `(${[...equal, beyond.text].join(' AND ')})`,
      params: [...values.slice(0, index), ...beyond.params],
    }
  })
  return {
    text: `(${alternatives.map(each => each.text).join(' OR ')})`,
    params: alternatives.flatMap(each => each.params),
  }
}

function past({ property, descending }: Ordering, value: SqlValue): Sql {
  if (value === null) return { text: descending ? '0' : `${property.sql} IS NOT NULL`, params: [] }
  if (!descending) return { text: `${property.sql} > ?`, params: [value] }
  const below = `${property.sql} < ?`
  return { text: property.nullable ? `(${below} OR ${property.sql} IS NULL)` : below, params: [value] }
}
