import { findProperty, type Property, type Source, type SqlValue } from '../model/types.ts'
import { Cursor, listOf } from './cursor.ts'
import { badRequest, notImplemented } from './errors.ts'
import { parseFilter } from './filter.ts'
import { derived } from './source.ts'
import { condition, propertyOf, type Visible } from './sql.ts'
import { isNumeric } from './values.ts'

const methods = new Set(['sum', 'min', 'max', 'average', 'countdistinct'])
const otherSteps = new Set([
  'concat',
  'compute',
  'expand',
  'identity',
  'search',
  'orderby',
  'top',
  'skip',
  'nest',
  'join',
  'outerjoin',
  'topcount',
  'topsum',
  'toppercent',
  'bottomcount',
  'bottomsum',
  'bottompercent',
  'ancestors',
  'descendants',
  'traverse',
])

type Aggregate = { property: Property; sql: string }

/**
 * Applies `$apply` (OData Data Aggregation 4.0 §3): `filter`, `groupby` and `aggregate`, joined by `/`. Each step is a
 * subselect over the one before, so SQLite computes the figures and paging, $filter and $orderby work on the result.
 */
export function applyTransformations(text: string, source: Source, visible: Visible): Source {
  const cursor = new Cursor(text)
  let current = source
  let steps = 0
  do {
    if (++steps > 8) throw badRequest('$apply takes at most 8 steps.')
    current = applyStep(cursor, current, visible)
  } while (cursor.accept('/'))
  cursor.end()
  return current
}

function applyStep(cursor: Cursor, source: Source, visible: Visible): Source {
  const step = cursor.name('filter, groupby or aggregate')
  if (otherSteps.has(step)) throw notImplemented(`The transformation "${step}" is not offered.`)
  if (step !== 'filter' && step !== 'groupby' && step !== 'aggregate')
    throw badRequest(`There is no transformation "${step.slice(0, 40)}"; offered are filter, groupby and aggregate.`)
  cursor.expect('(')
  const result =
    step === 'filter'
      ? filtered(cursor, source, visible)
      : step === 'aggregate'
        ? grouped(source, [], aggregates(cursor, source, visible))
        : groupBy(cursor, source, visible)
  cursor.expect(')')
  return result
}

function filtered(cursor: Cursor, source: Source, visible: Visible): Source {
  const where = condition(parseFilter(cursor), source, visible)
  return {
    ...source,
    from: `(SELECT t.* FROM ${source.from} t WHERE ${where.text})`,
    params: [...source.params, ...where.params],
  }
}

function groupBy(cursor: Cursor, source: Source, visible: Visible): Source {
  cursor.expect('(')
  if (cursor.isName('rollup')) throw notImplemented('rollup is not offered.')
  const properties = listOf(cursor, () => {
    const property = propertyOf(source, cursor.name('a property'), visible)
    if (cursor.isMark('/')) throw notImplemented('Grouping by a path is not offered.')
    if (property.type === 'Collection(Edm.String)') throw badRequest(`${property.name} is a collection.`)
    return property
  })
  cursor.expect(')')
  if (new Set(properties).size < properties.length) throw badRequest('A property is grouped by twice.')
  if (!cursor.accept(',')) return grouped(source, properties, [])
  const step = cursor.name('aggregate')
  if (step !== 'aggregate')
    throw notImplemented(`Only aggregate is offered inside groupby, not "${step.slice(0, 40)}".`)
  cursor.expect('(')
  const figures = aggregates(cursor, source, visible)
  cursor.expect(')')
  return grouped(source, properties, figures)
}

function grouped(source: Source, properties: Property[], figures: Aggregate[]): Source {
  const columns = [...properties, ...figures.map(figure => figure.property)]
  const names = columns.map(column => column.name)
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated) throw badRequest(`The result would have "${repeated}" twice; choose another alias.`)
  const select = [...properties.map(property => property.sql), ...figures.map(figure => figure.sql)]
  const numbered = select.map((sql, index) => `${sql} AS c${index}`).join(', ')
  const group = properties.length > 0 ? ` GROUP BY ${properties.map((_, index) => index + 1).join(', ')}` : ''
  const params: SqlValue[] = source.params
  return derived(
    source.name,
    `SELECT ${numbered} FROM ${source.from} t${group}`,
    params,
    columns,
    properties.map(each => each.name),
  )
}

function aggregates(cursor: Cursor, source: Source, visible: Visible): Aggregate[] {
  return listOf(cursor, () => {
    const name = cursor.name('a property or $count')
    if (name === '$count') {
      const alias = aliasOf(cursor, source)
      return { sql: 'count(*)', property: { name: alias, type: 'Edm.Int64', sql: '', label: { zh: alias, en: alias } } }
    }
    const property = propertyOf(source, name, visible)
    if (cursor.isMark('/')) throw notImplemented('Aggregating over a path is not offered.')
    cursor.expect('with')
    const method = cursor.name('an aggregation method')
    if (!methods.has(method))
      throw notImplemented(
        `The method "${method.slice(0, 40)}" is not offered; offered are ${[...methods].join(', ')}.`,
      )
    if (cursor.isName('from')) throw notImplemented('"from" is not offered in aggregate.')
    return figure(method, property, aliasOf(cursor, source))
  })
}

function aliasOf(cursor: Cursor, source: Source): string {
  cursor.expect('as')
  const alias = cursor.name('an alias')
  if (alias.startsWith('$') || alias.startsWith('@') || alias.length > 60)
    throw badRequest(`"${alias.slice(0, 60)}" is no alias.`)
  if (findProperty(source, alias))
    throw badRequest(`The alias "${alias}" is a property of ${source.name}; choose another.`)
  return alias
}

function figure(method: string, property: Property, alias: string): Aggregate {
  const { sql, type } = property
  const scale = property.scale ?? 0
  const label = { zh: alias, en: alias }
  if (type === 'Collection(Edm.String)') throw badRequest(`${property.name} is a collection and cannot be aggregated.`)
  if (method === 'countdistinct')
    return { sql: `count(DISTINCT ${sql})`, property: { name: alias, type: 'Edm.Int64', sql: '', label } }
  if (method === 'min' || method === 'max')
    return { sql: `${method}(${sql})`, property: { name: alias, type, scale, sql: '', nullable: true, label } }
  if (!isNumeric(type)) throw badRequest(`${property.name} is an ${type}; ${method} needs a number.`)
  if (method === 'average')
    return {
      sql: `avg(${sql}) / ${10 ** scale}.0`,
      property: { name: alias, type: 'Edm.Double', sql: '', nullable: true, label },
    }
  const sum: Property = {
    name: alias,
    type: type === 'Edm.Int32' ? 'Edm.Int64' : type,
    scale,
    sql: '',
    nullable: true,
    label,
  }
  return { sql: `sum(${sql})`, property: sum }
}
