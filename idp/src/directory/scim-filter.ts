import { isStorable } from '../admin/faults.ts'
import { ScimError } from './scim-error.ts'

/** A comparison operator of RFC 7644 §3.4.2.2. */
export type Comparison = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le'
export type Literal = string | number | boolean | null

/** A filter as a tree. `within` is `emails[type eq "work"]`: one element that fulfils all of it. */
export type Filter =
  | { kind: 'and' | 'or'; left: Filter; right: Filter }
  | { kind: 'not'; of: Filter }
  | { kind: 'present'; path: string }
  | { kind: 'compare'; path: string; operator: Comparison; value: Literal }
  | { kind: 'within'; path: string; of: Filter }

type Token = { kind: 'word' | 'literal' | '(' | ')' | '[' | ']'; text: string; at: number }

const longest = 2000
const deepest = 20
const comparisons = new Set(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'])
const lexeme =
  /\s+|"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?\d+(?:\.\d+)?(?=[\s)\]]|$)|[()[\]]|[A-Za-z$][\w:.$-]*/uy

/**
 * Reads a SCIM filter (RFC 7644 §3.4.2.2): `and` binds stronger than `or`, `not` needs parentheses, operators and
 * attribute names are case-insensitive.
 * @throws ScimError 400 `invalidFilter` that says where and what was expected
 */
export function parseFilter(text: string): Filter {
  if (text.length > longest) throw new ScimError(400, `A filter has at most ${longest} characters`, 'invalidFilter')
  const tokens = split(text)
  let next = 0
  let depth = 0

  const peek = (): Token | undefined => tokens[next]
  const wrong = (expected: string): ScimError => {
    const token = peek()
    return new ScimError(
      400,
      token
        ? `Expected ${expected} at position ${token.at + 1}, found "${token.text}"`
        : `Expected ${expected} at the end of the filter`,
      'invalidFilter',
    )
  }
  const isWord = (word: string): boolean => peek()?.kind === 'word' && peek()!.text.toLowerCase() === word
  const take = (kind: Token['kind'], expected: string): Token => {
    const token = peek()
    if (token?.kind !== kind) throw wrong(expected)
    next += 1
    return token
  }

  const or = (): Filter => {
    depth += 1
    if (depth > deepest) throw new ScimError(400, `A filter is nested at most ${deepest} deep`, 'invalidFilter')
    let left = and()
    while (isWord('or')) {
      next += 1
      left = { kind: 'or', left, right: and() }
    }
    depth -= 1
    return left
  }
  const and = (): Filter => {
    let left = term()
    while (isWord('and')) {
      next += 1
      left = { kind: 'and', left, right: term() }
    }
    return left
  }
  const group = (): Filter => {
    take('(', '"("')
    const inner = or()
    take(')', '")"')
    return inner
  }
  const term = (): Filter => {
    if (isWord('not')) {
      next += 1
      return { kind: 'not', of: group() }
    }
    if (peek()?.kind === '(') return group()
    return attribute()
  }
  const attribute = (): Filter => {
    const path = take('word', 'an attribute name').text
    if (peek()?.kind === '[') {
      next += 1
      const of = or()
      take(']', '"]"')
      return { kind: 'within', path, of }
    }
    const operator = take('word', 'an operator (eq, ne, co, sw, ew, gt, ge, lt, le or pr)').text.toLowerCase()
    if (operator === 'pr') return { kind: 'present', path }
    if (!comparisons.has(operator)) {
      next -= 1
      throw wrong('an operator (eq, ne, co, sw, ew, gt, ge, lt, le or pr)')
    }
    // The set above holds exactly the members of the type.
    return { kind: 'compare', path, operator: operator as Comparison, value: literal() }
  }
  const literal = (): Literal => {
    const token = peek()
    const word = token?.kind === 'word' ? token.text : undefined
    if (token?.kind === 'literal' || word === 'true' || word === 'false' || word === 'null') {
      const value = JSON.parse(token!.text) as Literal
      if (typeof value === 'string' && !isStorable(value)) throw wrong('a text without null characters')
      next += 1
      return value
    }
    throw wrong('a value: a text in double quotes, a number, true, false or null')
  }

  const filter = or()
  if (peek()) throw wrong('"and", "or" or the end')
  return filter
}

function split(text: string): Token[] {
  const tokens: Token[] = []
  lexeme.lastIndex = 0
  while (lexeme.lastIndex < text.length) {
    const at = lexeme.lastIndex
    const found = lexeme.exec(text)?.[0]
    if (found === undefined)
      throw new ScimError(
        400,
        `The filter cannot be read from position ${at + 1} on: ${text.slice(at, at + 20)}`,
        'invalidFilter',
      )
    if (/^\s/.test(found)) continue
    if (/^[()[\]]$/.test(found)) tokens.push({ kind: found as '(' | ')' | '[' | ']', text: found, at })
    else tokens.push({ kind: /^["\d-]/.test(found) ? 'literal' : 'word', text: found, at })
  }
  return tokens
}
