import { entitySet } from '../model/entities.ts'
import { findProperty, type Property, type Source, type SqlValue } from '../model/types.ts'
import { badRequest, forbidden, notImplemented } from './errors.ts'
import type { Expression, Literal } from './filter.ts'
import { isNumeric, type Kind, kindOf, literalValue } from './values.ts'

/** SQL text with its parameters in order. Text comes from the model; whatever a request says is a parameter. */
export type Sql = { text: string; params: SqlValue[] }
/** Which properties a caller may read; a hidden one may not be filtered or sorted by either. */
export type Visible = (source: Source, property: Property) => boolean

type Term = Sql & { kind: Kind; subject: string; nullable: boolean }

const operators = { eq: 'IS', ne: 'IS NOT', gt: '>', ge: '>=', lt: '<', le: '<=' } as const

/** A boolean expression as an SQL condition over the alias `t`; never NULL, as OData's null rules ask (§5.1.1.1). */
export function condition(expression: Expression, source: Source, visible: Visible): Sql {
  switch (expression.node) {
    case 'and':
    case 'or': {
      const parts = expression.operands.map(operand => condition(operand, source, visible))
      const joiner = expression.node === 'and' ? ' AND ' : ' OR '
      return { text: `(${parts.map(part => part.text).join(joiner)})`, params: parts.flatMap(part => part.params) }
    }
    case 'not': {
      const inner = condition(expression.operand, source, visible)
      return { text: `NOT ${inner.text}`, params: inner.params }
    }
    case 'compare':
      return comparison(expression, source, visible)
    case 'in': {
      const operand = term(expression.operand, source, visible)
      const params = expression.literals.map(literal => literalValue(literal, operand.kind, operand.subject))
      const list = `${operand.text} IN (${params.map(() => '?').join(',')})`
      return { text: notNull(list, operand.nullable || params.includes(null)), params: [...operand.params, ...params] }
    }
    case 'call': {
      if (['contains', 'startswith', 'endswith'].includes(expression.function))
        return textMatch(expression, source, visible)
      throw badRequest(`"${expression.function}" yields no true or false; compare it with a value.`)
    }
    default: {
      const boolean = term(expression, source, visible, { type: 'Edm.Boolean', scale: 0 })
      if (boolean.kind.type !== 'Edm.Boolean')
        throw badRequest(`${boolean.subject} is an ${boolean.kind.type}; a condition needs a comparison, e.g. eq.`)
      return { text: `(${boolean.text} IS 1)`, params: boolean.params }
    }
  }
}

function comparison(expression: Expression & { node: 'compare' }, source: Source, visible: Visible): Sql {
  const { left, right, operator } = expression
  const [l, r] =
    left.node === 'literal' ? reverse(pair(right, left, source, visible)) : pair(left, right, source, visible)
  const text = `(${l.text} ${operators[operator]} ${r.text})`
  const exact = operator === 'eq' || operator === 'ne'
  return { text: exact ? text : notNull(text, l.nullable || r.nullable), params: [...l.params, ...r.params] }
}

const reverse = ([a, b]: [Term, Term]): [Term, Term] => [b, a]

/** Two operands of the same kind: a literal takes its kind from the other side, numbers are brought to one scale. */
function pair(first: Expression, second: Expression, source: Source, visible: Visible): [Term, Term] {
  const a = term(first, source, visible)
  const b = term(second, source, visible, a.kind, a.subject)
  if (a.kind.type !== b.kind.type && !(isNumeric(a.kind.type) && isNumeric(b.kind.type)))
    throw badRequest(`${a.subject} is an ${a.kind.type} and ${b.subject} an ${b.kind.type}; they cannot be compared.`)
  const scale = Math.max(a.kind.scale, b.kind.scale)
  return [rescale(a, scale), rescale(b, scale)]
}

const rescale = (operand: Term, scale: number): Term =>
  isNumeric(operand.kind.type) && operand.kind.scale < scale
    ? {
        ...operand,
        text: `(${operand.text} * ${10 ** (scale - operand.kind.scale)})`,
        kind: { ...operand.kind, scale },
      }
    : operand

const notNull = (text: string, nullable: boolean) => (nullable ? `COALESCE(${text}, 0)` : `(${text})`)

/** One operand. `like` is the kind a literal has to take. */
function term(expression: Expression, source: Source, visible: Visible, like?: Kind, subject = 'The value'): Term {
  if (expression.node === 'path') return pathTerm(expression.segments, source, visible)
  if (expression.node === 'call') return functionTerm(expression, source, visible)
  if (expression.node === 'literal') {
    const kind = like ?? literalKind(expression.literal)
    const value = literalValue(expression.literal, kind, subject)
    return { text: '?', params: [value], kind, subject: 'the value', nullable: value === null }
  }
  const text = condition(expression, source, visible)
  return { ...text, kind: { type: 'Edm.Boolean', scale: 0 }, subject: 'The condition', nullable: false }
}

function literalKind(literal: Literal): Kind {
  const types = { string: 'Edm.String', number: 'Edm.Double', date: 'Edm.Date', moment: 'Edm.DateTimeOffset' } as const
  return { type: literal.kind === 'null' || literal.kind === 'boolean' ? 'Edm.Boolean' : types[literal.kind], scale: 0 }
}

/** The property a request names, if the caller may read it. @throws ODataError 400 or 403 */
export function propertyOf(source: Source, name: string, visible: Visible): Property {
  const property = findProperty(source, name)
  if (!property) {
    const names = source.properties.map(each => each.name).join(', ')
    throw badRequest(`${source.name} has no property "${name.slice(0, 60)}"; it has ${names}.`, name.slice(0, 60))
  }
  if (!visible(source, property)) throw forbidden(`Your roles do not include reading ${source.name}/${name}.`, name)
  return property
}

function pathTerm(segments: string[], source: Source, visible: Visible): Term {
  const [head, ...rest] = segments
  const navigation = source.navigation.find(each => each.name === head)
  if (!navigation || rest.length === 0) {
    if (rest.length > 0) throw badRequest(`${source.name} has no navigation "${head!.slice(0, 60)}".`)
    const property = propertyOf(source, head!, visible)
    if (property.type === 'Collection(Edm.String)')
      throw notImplemented(`${property.name} is a collection; filtering by it is not offered.`)
    return {
      text: property.sql,
      params: [],
      kind: kindOf(property),
      subject: property.name,
      nullable: property.nullable ?? false,
    }
  }
  if (navigation.many) throw notImplemented(`A path through the collection "${navigation.name}" is not offered.`)
  if (rest.length > 1) throw notImplemented('Paths of more than one navigation are not offered.')
  const target = entitySet(navigation.target)
  const property = propertyOf(target, rest[0]!, visible)
  const local = findProperty(source, navigation.local)!.sql
  const foreign = findProperty(target, navigation.foreign)!.sql
  // The inner alias n keeps the outer t reachable; model expressions speak of t, so the inner row is renamed around them.
  const text = `(SELECT n.value FROM (SELECT ${property.sql} AS value, ${foreign} AS link FROM ${target.from} t) n WHERE n.link = ${local})`
  return { text, params: [], kind: kindOf(property), subject: segments.join('/'), nullable: true }
}

function textMatch(call: Expression & { node: 'call' }, source: Source, visible: Visible): Sql {
  const [where, what] = call.arguments.map(argument => textTerm(argument, call.function, source, visible)) as [
    Term,
    Term,
  ]
  const params = [...where.params, ...what.params]
  const nullable = where.nullable || what.nullable
  if (call.function === 'contains') return { text: notNull(`instr(${where.text}, ${what.text}) > 0`, nullable), params }
  // A comparison of equal lengths is exact for every character; LIKE would read % and _ as wildcards.
  const piece =
    call.function === 'startswith'
      ? `substr(${where.text}, 1, length(${what.text}))`
      : `CASE WHEN length(${what.text}) = 0 THEN '' ELSE substr(${where.text}, -length(${what.text})) END`
  const inner =
    call.function === 'startswith'
      ? [...where.params, ...what.params]
      : [...what.params, ...where.params, ...what.params]
  return { text: notNull(`${piece} = ${what.text}`, nullable), params: [...inner, ...what.params] }
}

function textTerm(argument: Expression, name: string, source: Source, visible: Visible): Term {
  const operand = term(argument, source, visible, { type: 'Edm.String', scale: 0 }, `An argument of ${name}`)
  if (operand.kind.type !== 'Edm.String')
    throw badRequest(`"${name}" takes texts; ${operand.subject} is an ${operand.kind.type}.`)
  return operand
}

const dateParts: Record<string, [from: number, length: number]> = { year: [1, 4], month: [6, 2], day: [9, 2] }

function functionTerm(call: Expression & { node: 'call' }, source: Source, visible: Visible): Term {
  const part = dateParts[call.function]
  const argument = call.arguments[0]!
  if (part || call.function === 'date') {
    const operand = term(argument, source, visible)
    if (operand.kind.type !== 'Edm.Date' && operand.kind.type !== 'Edm.DateTimeOffset')
      throw badRequest(`"${call.function}" takes a day or a moment; ${operand.subject} is an ${operand.kind.type}.`)
    return part
      ? {
          ...operand,
          text: `CAST(substr(${operand.text}, ${part[0]}, ${part[1]}) AS INTEGER)`,
          kind: { type: 'Edm.Int32', scale: 0 },
        }
      : { ...operand, text: `substr(${operand.text}, 1, 10)`, kind: { type: 'Edm.Date', scale: 0 } }
  }
  if (['contains', 'startswith', 'endswith'].includes(call.function)) {
    const match = textMatch(call, source, visible)
    return { ...match, kind: { type: 'Edm.Boolean', scale: 0 }, subject: call.function, nullable: false }
  }
  const operand = textTerm(argument, call.function, source, visible)
  const sqlName = { tolower: 'lower', toupper: 'upper', length: 'length' }[call.function]!
  const kind: Kind = call.function === 'length' ? { type: 'Edm.Int32', scale: 0 } : operand.kind
  return { ...operand, text: `${sqlName}(${operand.text})`, kind, subject: `${call.function}(…)` }
}
