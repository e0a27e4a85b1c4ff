import type { DatabaseSync } from 'node:sqlite'
import { type Caller, checkRead, visibleTo } from '../access/rights.ts'
import { findProperty, type Property, type Source, type SqlValue } from '../model/types.ts'
import { applyTransformations } from './apply.ts'
import { Cursor } from './cursor.ts'
import { type Expansion, parseExpand } from './expand.ts'
import { expandInto } from './expand-rows.ts'
import { parseFilter } from './filter.ts'
import { after, type Ordering, orderSql, parseOrder } from './order.ts'
import { type QueryOptions, trueOrFalse, wholeNumber } from './query-options.ts'
import { parseSelect, type Selection } from './select.ts'
import { readSkipToken, writeSkipToken } from './skip-token.ts'
import { condition, type Sql } from './sql.ts'
import { jsonValue, kindOf } from './values.ts'

export type Row = Record<string, unknown>
export type Page = { rows: Row[]; count: number | undefined; skiptoken: string | undefined }
export type ReadContext = { db: DatabaseSync; caller: Caller; ieee754Compatible: boolean; maxPageSize?: number }

/** Most rows of one answer; more follow by `@odata.nextLink`. */
export const PAGE_SIZE = 200
/** Reads one page of a collection by the query options. @throws ODataError 400, 403, 501 */
export function readCollection(source: Source, options: QueryOptions, context: ReadContext, restriction?: Sql): Page {
  checkRead(context.caller, source.name)
  const visible = visibleTo(context.caller)
  const base = restriction ? restricted(source, restriction) : source
  const from = options.apply === undefined ? base : applyTransformations(options.apply, base, visible)
  const selection = parseSelect(options.select, from, visible)
  const expansions = parseExpand(options.expand, from)
  const orderings = parseOrder(options.orderby, from, visible)
  const where = filterOf(options.filter, from, context)
  const token = options.skiptoken === undefined ? undefined : readSkipToken(options.skiptoken, orderings.length)
  const top = token ? token.top : options.top === undefined ? undefined : wholeNumber(options.top, '$top')
  const skip = options.skip === undefined || token ? 0 : wholeNumber(options.skip, '$skip')
  const size = Math.min(context.maxPageSize ?? PAGE_SIZE, PAGE_SIZE, top ?? PAGE_SIZE)

  const seek = token && orderings.length > 0 ? after(orderings, token.after) : undefined
  const found = select(
    context.db,
    from,
    columnsFor(selection, orderings, expansions, from),
    conjunction(where, seek),
    `${orderSql(orderings)} LIMIT ? OFFSET ?`,
    [size + 1, skip],
  )
  const page = found.slice(0, size)
  const left = top === undefined ? undefined : top - page.length
  const more = found.length > size && (left === undefined || left > 0) && size > 0
  const rows = page.map(row => present(row, selection, context))
  for (const expansion of expansions) expandInto(expansion, from, page, rows, context)
  const count =
    options.count !== undefined && trueOrFalse(options.count, '$count') ? countRows(from, where, context) : undefined
  const last = page.at(-1)
  const skiptoken =
    more && last
      ? writeSkipToken({ after: orderings.map(each => last[each.property.name] as SqlValue), top: left })
      : undefined
  return { rows, count, skiptoken }
}

/** How many rows a filter finds (`/$count`). */
export function countCollection(
  source: Source,
  options: QueryOptions,
  context: ReadContext,
  restriction?: Sql,
): number {
  checkRead(context.caller, source.name)
  const base = restriction ? restricted(source, restriction) : source
  const from = options.apply === undefined ? base : applyTransformations(options.apply, base, visibleTo(context.caller))
  return countRows(from, filterOf(options.filter, from, context), context)
}

/** The condition that a property equals a value. */
export const equals = (property: Property, value: SqlValue): Sql => ({ text: `${property.sql} IS ?`, params: [value] })

function restricted(source: Source, where: Sql): Source {
  return {
    ...source,
    from: `(SELECT t.* FROM ${source.from} t WHERE ${where.text})`,
    params: [...source.params, ...where.params],
  }
}

/** `$filter` as a condition over the alias `t`. */
export function filterOf(text: string | undefined, source: Source, context: ReadContext): Sql | undefined {
  if (text === undefined) return undefined
  const cursor = new Cursor(text)
  const expression = parseFilter(cursor)
  cursor.end()
  return condition(expression, source, visibleTo(context.caller))
}

/** The conditions that are given, joined by AND. */
export function conjunction(...parts: (Sql | undefined)[]): Sql | undefined {
  const given = parts.filter(part => part !== undefined)
  if (given.length === 0) return undefined
  return { text: given.map(part => part.text).join(' AND '), params: given.flatMap(part => part.params) }
}

function columnsFor(selection: Selection, orderings: Ordering[], expansions: Expansion[], source: Source): Property[] {
  const links =
    expansions.length === 0
      ? []
      : [...expansions.map(each => each.navigation.local), ...source.key].map(name => findProperty(source, name)!)
  return [...new Set([...selection.properties, ...orderings.map(each => each.property), ...links])]
}

function select(
  db: DatabaseSync,
  source: Source,
  columns: Property[],
  where: Sql | undefined,
  tail: string,
  tailParams: SqlValue[],
): Row[] {
  const list = columns.map((column, index) => `${column.sql} AS v${index}`).join(', ')
  const text = `SELECT ${list} FROM ${source.from} t${where ? ` WHERE ${where.text}` : ''}${tail}`
  const rows = db.prepare(text).all(...source.params, ...(where?.params ?? []), ...tailParams)
  return rows.map(row => Object.fromEntries(columns.map((column, index) => [column.name, row[`v${index}`]])))
}

function countRows(source: Source, where: Sql | undefined, { db }: ReadContext): number {
  const text = `SELECT count(*) AS n FROM ${source.from} t${where ? ` WHERE ${where.text}` : ''}`
  return Number(db.prepare(text).get(...source.params, ...(where?.params ?? []))?.n)
}

/** A row as JSON. A property asked for and not readable is left out and annotated (Core.Permissions, Core vocabulary). */
export function present(row: Row, selection: Selection, context: ReadContext): Row {
  const shown: Row = {}
  for (const property of selection.properties)
    shown[property.name] = jsonValue(row[property.name], kindOf(property), context.ieee754Compatible)
  for (const property of selection.hidden) shown[`${property.name}@Core.Permissions`] = 'None'
  return shown
}
