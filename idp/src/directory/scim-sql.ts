import { type RawBuilder, sql } from 'kysely'
import { enterpriseExtension, nativeExtension } from './projection.ts'
import { ScimError } from './scim-error.ts'
import type { Comparison, Filter, Literal } from './scim-filter.ts'

/** An attribute that a filter may name. `exact` texts are compared with regard to case (RFC 7643 `caseExact`). */
export type Attribute =
  | { type: 'text'; exact: boolean; value: RawBuilder<unknown> }
  | { type: 'boolean'; value: RawBuilder<unknown> }
  | { type: 'time'; value: RawBuilder<unknown> }
  /** Many values: `from` yields rows `e(value)` of jsonb, `value` takes the text of one. */
  | { type: 'many'; from: RawBuilder<unknown>; parts: Record<string, Attribute> }

const one = (value: RawBuilder<unknown>, exact = false): Attribute => ({ type: 'text', exact, value })
const many = (path: string[], parts: Record<string, Attribute>): Attribute => ({
  type: 'many',
  from: sql`jsonb_array_elements(case when jsonb_typeof(x.shown #> ${path}::text[]) = 'array' then x.shown #> ${path}::text[] else '[]' end) as e(value)`,
  parts,
})
const typed = {
  value: one(sql`e.value->>'value'`),
  type: one(sql`e.value->>'type'`),
  primary: { type: 'boolean', value: sql`(e.value->>'primary')::boolean` } as const,
}
const plain = { value: one(sql`e.value #>> '{}'`, true) }

/** What can be asked of users; names in lower case, because SCIM names have none. */
export const userAttributes: Record<string, Attribute> = {
  id: one(sql`p.id`, true),
  externalid: one(sql`p.id`, true),
  username: one(sql`p.username`),
  displayname: one(sql`p.name->>'zh'`),
  'name.formatted': one(sql`p.name->>'zh'`),
  title: one(sql`p.position->>'zh'`),
  locale: one(sql`p.locale`),
  active: { type: 'boolean', value: sql`p.active` },
  'meta.lastmodified': { type: 'time', value: sql`x.last_modified` },
  'meta.created': { type: 'time', value: sql`p.created_at` },
  emails: many(['emails'], typed),
  phonenumbers: many(['phoneNumbers'], typed),
  [`${enterpriseExtension}:department`.toLowerCase()]: one(
    sql`x.shown #>> ${[enterpriseExtension, 'department']}::text[]`,
  ),
  [`${enterpriseExtension}:employeenumber`.toLowerCase()]: one(sql`p.id`, true),
  [`${enterpriseExtension}:manager.value`.toLowerCase()]: one(sql`p.manager_id`, true),
  [`${nativeExtension}:departmentid`.toLowerCase()]: one(sql`p.department_id`, true),
  [`${nativeExtension}:departmentpath`.toLowerCase()]: many([nativeExtension, 'departmentPath'], plain),
  [`${nativeExtension}:businessroles`.toLowerCase()]: many([nativeExtension, 'businessRoles'], plain),
}

/** What can be asked of groups. */
export const groupAttributes: Record<string, Attribute> = {
  id: one(sql`b.id`, true),
  displayname: one(sql`b.name->>'zh'`),
  'meta.lastmodified': { type: 'time', value: sql`x.last_modified` },
}

/**
 * Turns a filter into SQL in which every value is a parameter.
 * @throws ScimError 400 `invalidFilter` for an attribute that cannot be filtered or a value of the wrong type
 */
export function filterSql(filter: Filter, attributes: Record<string, Attribute>): RawBuilder<boolean> {
  switch (filter.kind) {
    case 'and':
      return sql`(${filterSql(filter.left, attributes)} and ${filterSql(filter.right, attributes)})`
    case 'or':
      return sql`(${filterSql(filter.left, attributes)} or ${filterSql(filter.right, attributes)})`
    case 'not':
      // Three-valued logic would lose rows in which the attribute is absent.
      return sql`not coalesce(${filterSql(filter.of, attributes)}, false)`
    case 'within': {
      const { attribute } = find(filter.path, attributes)
      if (attribute.type !== 'many') throw invalid(`"${filter.path}" has one value: "[…]" does not apply`)
      return sql`exists (select 1 from ${attribute.from} where ${filterSql(filter.of, attribute.parts)})`
    }
    case 'present':
    case 'compare': {
      const { attribute, part } = find(filter.path, attributes)
      if (attribute.type !== 'many') return leaf(filter, attribute)
      const inner = attribute.parts[part]
      if (!inner) throw invalid(`"${filter.path}" cannot be filtered`)
      return sql`exists (select 1 from ${attribute.from} where ${leaf(filter, inner)})`
    }
  }
}

function find(path: string, attributes: Record<string, Attribute>): { attribute: Attribute; part: string } {
  const name = path.toLowerCase().replace(/^urn:ietf:params:scim:schemas:core:2\.0:(user|group):/, '')
  const whole = attributes[name]
  if (whole) return { attribute: whole, part: 'value' }
  const dot = name.lastIndexOf('.')
  const outer = dot > 0 ? attributes[name.slice(0, dot)] : undefined
  if (outer?.type === 'many') return { attribute: outer, part: name.slice(dot + 1) }
  throw invalid(`"${path}" cannot be filtered; possible are: ${Object.keys(attributes).join(', ')}`)
}

function leaf(filter: Extract<Filter, { kind: 'present' | 'compare' }>, attribute: Attribute): RawBuilder<boolean> {
  if (attribute.type === 'many') throw invalid(`"${filter.path}" cannot be filtered`)
  if (filter.kind === 'present') return sql`(${attribute.value}) is not null`
  const { operator, value, path } = filter
  if (value === null) return presence(operator, attribute.value, path)
  if (attribute.type === 'boolean') return booleanTest(operator, attribute.value, value, path)
  if (attribute.type === 'time') return timeTest(operator, attribute.value, value, path)
  return textTest(operator, attribute, value, path)
}

const symbols: Partial<Record<Comparison, string>> = { eq: '=', ne: '<>', gt: '>', ge: '>=', lt: '<', le: '<=' }

function presence(operator: Comparison, value: RawBuilder<unknown>, path: string): RawBuilder<boolean> {
  if (operator === 'eq') return sql`(${value}) is null`
  if (operator === 'ne') return sql`(${value}) is not null`
  throw invalid(`"${path} ${operator} null" has no meaning; use eq or ne`)
}

function booleanTest(
  operator: Comparison,
  column: RawBuilder<unknown>,
  value: Literal,
  path: string,
): RawBuilder<boolean> {
  if (typeof value !== 'boolean' || (operator !== 'eq' && operator !== 'ne'))
    throw invalid(`"${path}" is compared by eq or ne with true or false`)
  return operator === 'eq' ? sql`${column} = ${value}` : sql`${column} <> ${value}`
}

function timeTest(
  operator: Comparison,
  column: RawBuilder<unknown>,
  value: Literal,
  path: string,
): RawBuilder<boolean> {
  const symbol = symbols[operator]
  const time = typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(value) ? new Date(value) : undefined
  if (!symbol || !time || Number.isNaN(time.getTime()))
    throw invalid(`"${path}" is compared by eq, ne, gt, ge, lt or le with a time such as "2026-11-21T08:00:00.000Z"`)
  return sql`${column} ${sql.raw(symbol)} ${time}`
}

function textTest(
  operator: Comparison,
  attribute: { exact: boolean; value: RawBuilder<unknown> },
  value: Literal,
  path: string,
): RawBuilder<boolean> {
  if (typeof value !== 'string') throw invalid(`"${path}" is a text: put the value in double quotes`)
  const column = attribute.exact ? attribute.value : sql`lower(${attribute.value})`
  const wanted = attribute.exact ? value : value.toLowerCase()
  const like = (pattern: string): RawBuilder<boolean> => sql`${column} like ${pattern}`
  const literal = wanted.replace(/[\\%_]/g, '\\$&')
  if (operator === 'co') return like(`%${literal}%`)
  if (operator === 'sw') return like(`${literal}%`)
  if (operator === 'ew') return like(`%${literal}`)
  // `ne` holds for an absent value, too (RFC 7644 §3.4.2.2).
  if (operator === 'ne') return sql`${column} is distinct from ${wanted}::text`
  return sql`${column} ${sql.raw(symbols[operator]!)} ${wanted}::text`
}

function invalid(detail: string): ScimError {
  return new ScimError(400, detail, 'invalidFilter')
}
