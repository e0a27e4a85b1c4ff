import { InputFault, type Scalar } from './protocol.ts'

/** A condition of a mapping, parsed. Its names are columns, its values travel as parameters. */
export type Expression =
  | { kind: 'all' | 'any'; of: Expression[] }
  | { kind: 'not'; of: Expression }
  | { kind: 'compare'; column: string; op: '=' | '<>' | '<' | '<=' | '>' | '>='; value: Scalar }
  | { kind: 'in'; column: string; not: boolean; values: Scalar[] }
  | { kind: 'null'; column: string; not: boolean }

const token =
  /\s*(?:('(?:[^']|'')*')|("(?:[^"]|"")+")|(\d{4}-\d\d-\d\d)|(-?\d+(?:\.\d+)?)|([\p{L}_][\p{L}\p{N}_$]*)|(<>|!=|<=|>=|[=<>(),]))/uy
const deepest = 20

interface Token {
  kind: 'text' | 'name' | 'number' | 'word' | 'sign'
  text: string
}

/**
 * Reads a condition as a mapping writes it: `status <> 'X' and (due < '2026-01-01' or due is null) and kind in (1, 2)`.
 * It is parsed, never pasted: no text of a mapping becomes SQL.
 * @throws InputFault saying where it cannot be read
 */
export function parseExpression(text: string): Expression {
  const fail = (): never => {
    throw new InputFault(`"${text}" is no condition: comparisons of columns with values, joined by and, or, not`)
  }
  const tokens = readTokens(text)
  let at = 0
  let depth = 0
  const isWord = (word: string, ahead = 0): boolean => {
    const one = tokens[at + ahead]
    return one?.kind === 'word' && one.text.toLowerCase() === word
  }
  const isSign = (sign: string): boolean => tokens[at]?.kind === 'sign' && tokens[at]?.text === sign
  const takeWord = (word: string): boolean => taken(isWord(word))
  const takeSign = (sign: string): boolean => taken(isSign(sign))
  function taken(found: boolean): boolean {
    if (found) at += 1
    return found
  }

  function joined(word: 'or' | 'and', kind: 'any' | 'all', next: () => Expression): Expression {
    const of = [next()]
    while (takeWord(word)) of.push(next())
    return of.length === 1 ? (of[0] as Expression) : { kind, of }
  }
  const anyOf = (): Expression => joined('or', 'any', allOf)
  const allOf = (): Expression => joined('and', 'all', one)

  function one(): Expression {
    depth += 1
    if (depth > deepest) fail()
    const found = takeWord('not') ? ({ kind: 'not', of: one() } as const) : takeSign('(') ? group() : comparison()
    depth -= 1
    return found
  }

  function group(): Expression {
    const inner = anyOf()
    return takeSign(')') ? inner : fail()
  }

  function comparison(): Expression {
    const name = tokens[at++]
    if (name?.kind !== 'word' && name?.kind !== 'name') return fail()
    const column = name.text
    if (takeWord('is')) {
      const not = takeWord('not')
      return takeWord('null') ? { kind: 'null', column, not } : fail()
    }
    const not = isWord('not') && isWord('in', 1) && takeWord('not')
    if (takeWord('in')) {
      if (!takeSign('(')) return fail()
      const values = [value()]
      while (takeSign(',')) values.push(value())
      return takeSign(')') ? { kind: 'in', column, not, values } : fail()
    }
    const sign = tokens[at++]
    if (sign?.kind !== 'sign' || !/^(=|<>|!=|<|<=|>|>=)$/.test(sign.text)) return fail()
    const op = (sign.text === '!=' ? '<>' : sign.text) as '='
    return { kind: 'compare', column, op, value: value() }
  }

  function value(): Scalar {
    const found = tokens[at++]
    if (found?.kind === 'text' || found?.kind === 'number') return found.text
    const word = found?.kind === 'word' ? found.text.toLowerCase() : ''
    return word === 'true' || word === 'false' ? word === 'true' : fail()
  }

  const whole = anyOf()
  return at === tokens.length ? whole : fail()

  function readTokens(source: string): Token[] {
    const list: Token[] = []
    const trimmed = source.trimEnd()
    token.lastIndex = 0
    while (token.lastIndex < trimmed.length) {
      const [found, quoted, name, day, number, word, sign] = token.exec(trimmed) ?? []
      if (found === undefined) return fail()
      if (quoted !== undefined) list.push({ kind: 'text', text: quoted.slice(1, -1).replaceAll("''", "'") })
      else if (name !== undefined) list.push({ kind: 'name', text: name.slice(1, -1).replaceAll('""', '"') })
      else if (day !== undefined) list.push({ kind: 'text', text: day })
      else if (number !== undefined) list.push({ kind: 'number', text: number })
      else if (word !== undefined) list.push({ kind: 'word', text: word })
      else list.push({ kind: 'sign', text: sign as string })
    }
    return list
  }
}

/** The columns a condition looks at. */
export function columnsOf(expression: Expression): string[] {
  if (expression.kind === 'not') return columnsOf(expression.of)
  return 'of' in expression ? expression.of.flatMap(columnsOf) : [expression.column]
}

/** `due desc, id` as a mapping writes an order. @throws InputFault */
export function parseSort(sort: string): { column: string; descending: boolean }[] {
  return sort.split(',').map(part => {
    const [, quoted, plain, direction] = /^\s*(?:"([^"]+)"|(\S+))(?:\s+(asc|desc))?\s*$/i.exec(part) ?? []
    const column = quoted ?? plain
    if (column === undefined)
      throw new InputFault(`"${sort}" is no order: columns with asc or desc, separated by commas`)
    return { column, descending: direction?.toLowerCase() === 'desc' }
  })
}
