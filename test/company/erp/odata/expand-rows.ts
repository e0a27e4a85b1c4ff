import { checkRead, visibleTo } from '../access/rights.ts'
import { findProperty, type Source, type SqlValue } from '../model/types.ts'
import { badRequest } from './errors.ts'
import type { Expansion } from './expand.ts'
import { orderSql, parseOrder } from './order.ts'
import { trueOrFalse, wholeNumber } from './query-options.ts'
import { conjunction, filterOf, present, type ReadContext, type Row } from './read.ts'
import { entityPath } from './resource-path.ts'
import { parseSelect } from './select.ts'
import type { Sql } from './sql.ts'

/** Most rows of one collection inside an expanded row; more follow by its own `@odata.nextLink`. */
const EXPANDED_SIZE = 100

/** Reads what a navigation leads to for all rows of a page in one statement, and hangs it into them. */
export function expandInto(expansion: Expansion, source: Source, page: Row[], rows: Row[], context: ReadContext): void {
  const { navigation, target, options } = expansion
  checkRead(context.caller, target.name)
  if (!navigation.many && (options.top ?? options.skip ?? options.count ?? options.orderby) !== undefined)
    throw badRequest(`${navigation.name} is one entity; it takes $select and $filter only.`)
  const visible = visibleTo(context.caller)
  const selection = parseSelect(options.select, target, visible)
  const skip = options.skip === undefined ? 0 : wholeNumber(options.skip, '$skip')
  const asked = options.top === undefined ? Number.POSITIVE_INFINITY : wholeNumber(options.top, '$top')
  const top = Math.min(asked, EXPANDED_SIZE)
  const counted = options.count !== undefined && trueOrFalse(options.count, '$count')
  const found = linkedRows(expansion, selection.properties, page, skip, top, context)
  rows.forEach((row, index) => {
    const linked = found.get(page[index]![navigation.local]) ?? []
    const total = Number(linked[0]?.total ?? 0)
    const shown = linked
      .filter(each => Number(each.place) > skip && Number(each.place) <= skip + top)
      .map(each => present(each.row, selection, context))
    if (!navigation.many) {
      row[navigation.name] = shown[0] ?? null
      return
    }
    if (counted) row[`${navigation.name}@odata.count`] = total
    row[navigation.name] = shown
    if (asked > top && total > skip + top)
      row[`${navigation.name}@odata.nextLink`] =
        `${entityPath(source, page[index]!)}/${navigation.name}?$skip=${skip + top}`
  })
}

type Linked = { place: unknown; total: unknown; row: Row }

function linkedRows(
  { navigation, target, options }: Expansion,
  properties: Source['properties'],
  page: Row[],
  skip: number,
  top: number,
  context: ReadContext,
): Map<unknown, Linked[]> {
  const visible = visibleTo(context.caller)
  const keys = [...new Set(page.map(row => row[navigation.local] as SqlValue))].filter(key => key !== null)
  if (keys.length === 0) return new Map()
  const foreign = findProperty(target, navigation.foreign)!.sql
  const orderings = parseOrder(options.orderby, target, visible)
  const links: Sql = { text: `${foreign} IN (${keys.map(() => '?').join(',')})`, params: keys }
  const where = conjunction(links, filterOf(options.filter, target, context))!
  const list = properties.map((property, index) => `${property.sql} AS v${index}, `).join('')
  const partition = `OVER (PARTITION BY ${foreign}`
  const numbered = `SELECT ${list}${foreign} AS link, row_number() ${partition}${orderSql(orderings)}) AS place,
    count(*) ${partition}) AS total FROM ${target.from} t WHERE ${where.text}`
  // The first row stays even when skipped: it carries the total.
  const text = `SELECT * FROM (${numbered}) WHERE place = 1 OR (place > ? AND place <= ?) ORDER BY link, place`
  const found = context.db.prepare(text).all(...target.params, ...where.params, skip, skip + top)
  const linked = found.map(each => ({
    link: each.link,
    place: each.place,
    total: each.total,
    row: Object.fromEntries(properties.map((property, index) => [property.name, each[`v${index}`]])),
  }))
  return Map.groupBy(linked, each => each.link)
}
