import { type Cursor, listOf } from './cursor.ts'
import { badRequest, notImplemented } from './errors.ts'
import type { Token } from './lexer.ts'

export type Comparison = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le'
export type Literal =
  | { kind: 'null' }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'string' | 'number' | 'date' | 'moment'; text: string }

export type Expression =
  | { node: 'and' | 'or'; operands: Expression[] }
  | { node: 'not'; operand: Expression }
  | { node: 'compare'; operator: Comparison; left: Expression; right: Expression }
  | { node: 'in'; operand: Expression; literals: Literal[] }
  | { node: 'call'; function: string; arguments: Expression[] }
  | { node: 'path'; segments: string[] }
  | { node: 'literal'; literal: Literal }

const comparisons = new Set<string>(['eq', 'ne', 'gt', 'ge', 'lt', 'le'])
const arithmetic = new Set(['add', 'sub', 'mul', 'div', 'divby', 'mod', 'has'])

/** Functions offered, with their number of arguments. */
const offered: Record<string, number> = {
  contains: 2,
  startswith: 2,
  endswith: 2,
  tolower: 1,
  toupper: 1,
  length: 1,
  year: 1,
  month: 1,
  day: 1,
  date: 1,
}
/** Functions that OData defines and this service does not offer: 501 instead of 400. */
const defined = new Set(
  `concat indexof substring substringof trim matchesPattern hour minute second fractionalseconds time now maxdatetime mindatetime
  totaloffsetminutes totalseconds round floor ceiling cast isof case hassubset hassubsequence geo`.split(/\s+/),
)

/** Most comparisons and list items one filter may hold; SQLite refuses deeper trees than about 1,000. */
const MOST_TERMS = 500

/**
 * Parses a boolean expression of $filter (OData ABNF `boolCommonExpr`), by rising precedence: or, and, not, comparison.
 * @throws ODataError 400 for what is wrong, 501 for what OData defines and this service lacks
 */
export function parseFilter(cursor: Cursor): Expression {
  const budget = { terms: 0 }
  return parseOr(cursor, budget)
}

type Budget = { terms: number }

function spend(budget: Budget, terms: number): void {
  budget.terms += terms
  if (budget.terms > MOST_TERMS) throw badRequest(`A filter takes at most ${MOST_TERMS} comparisons and list items.`)
}

const parseOr = (cursor: Cursor, budget: Budget): Expression =>
  chain(cursor, 'or', () => chain(cursor, 'and', () => parseNot(cursor, budget)))

function chain(cursor: Cursor, node: 'and' | 'or', operand: () => Expression): Expression {
  const operands = [operand()]
  while (cursor.accept(node)) operands.push(operand())
  return operands.length === 1 ? operands[0]! : { node, operands }
}

function parseNot(cursor: Cursor, budget: Budget): Expression {
  if (!cursor.isName('not')) return parseComparison(cursor, budget)
  cursor.take()
  return { node: 'not', operand: cursor.nested(() => parseNot(cursor, budget)) }
}

function parseComparison(cursor: Cursor, budget: Budget): Expression {
  spend(budget, 1)
  const left = parseOperand(cursor, budget)
  const { kind, text } = cursor.peek()
  if (kind !== 'name') return left
  if (arithmetic.has(text)) throw notImplemented(`The operator "${text}" is not offered in $filter.`)
  if (text === 'in') {
    cursor.take()
    cursor.expect('(')
    const literals = listOf(cursor, () => parseLiteral(cursor))
    cursor.expect(')')
    spend(budget, literals.length)
    return { node: 'in', operand: left, literals }
  }
  if (!comparisons.has(text)) return left
  cursor.take()
  // The set just checked holds exactly the members of Comparison.
  return { node: 'compare', operator: text as Comparison, left, right: parseOperand(cursor, budget) }
}

function parseOperand(cursor: Cursor, budget: Budget): Expression {
  if (cursor.accept('(')) {
    const inner = cursor.nested(() => parseOr(cursor, budget))
    cursor.expect(')')
    return inner
  }
  const token = cursor.peek()
  if (token.kind !== 'name') return { node: 'literal', literal: parseLiteral(cursor) }
  if (token.text === 'true' || token.text === 'false' || token.text === 'null')
    return { node: 'literal', literal: parseLiteral(cursor) }
  if (cursor.isMark('(', 1)) return parseCall(cursor, budget)
  return parsePath(cursor)
}

function parseCall(cursor: Cursor, budget: Budget): Expression {
  const name = cursor.take().text
  const count = offered[name]
  if (count === undefined || !Object.hasOwn(offered, name)) {
    if (defined.has(name) || name.startsWith('geo')) throw notImplemented(`The function "${name}" is not offered.`)
    throw badRequest(`There is no function "${name}"; offered are ${Object.keys(offered).join(', ')}.`)
  }
  cursor.expect('(')
  const args = cursor.nested(() => listOf(cursor, () => parseOperand(cursor, budget)))
  cursor.expect(')')
  if (args.length !== count) throw badRequest(`"${name}" takes ${count} argument(s), not ${args.length}.`)
  return { node: 'call', function: name, arguments: args }
}

/** `Property`, or `Navigation/Property` for a navigation to one entity. */
export function parsePath(cursor: Cursor): Expression & { node: 'path' } {
  const segments = [cursor.name('a property')]
  while (cursor.accept('/')) segments.push(cursor.name('a property'))
  const last = segments.at(-1)!
  if ((last === 'any' || last === 'all') && cursor.isMark('('))
    throw notImplemented(`The lambda operator "${last}" is not offered.`)
  if (segments.some(segment => segment.startsWith('$')))
    throw notImplemented(`"${segments.join('/')}" is not offered in an expression.`)
  if (segments[0]!.startsWith('@')) throw notImplemented('Parameter aliases are not offered.')
  return { node: 'path', segments }
}

/** One literal. @throws ODataError 400 */
export function parseLiteral(cursor: Cursor): Literal {
  const token: Token = cursor.peek()
  const literal = literalOf(token)
  if (!literal) throw cursor.unexpected('a value')
  cursor.take()
  return literal
}

function literalOf(token: Token): Literal | undefined {
  if (token.kind === 'name') {
    if (token.text === 'null') return { kind: 'null' }
    if (token.text === 'true' || token.text === 'false') return { kind: 'boolean', value: token.text === 'true' }
    return undefined
  }
  if (token.kind === 'mark' || token.kind === 'end') return undefined
  if (token.kind === 'guid') throw badRequest('No property here is an Edm.Guid; put a text in single quotes.')
  return { kind: token.kind, text: token.text }
}
