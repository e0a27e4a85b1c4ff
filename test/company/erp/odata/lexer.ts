import { badRequest } from './errors.ts'

export type Token =
  | { kind: 'name'; text: string; at: number }
  | { kind: 'string'; text: string; at: number }
  | { kind: 'number'; text: string; at: number }
  | { kind: 'date'; text: string; at: number }
  | { kind: 'moment'; text: string; at: number }
  | { kind: 'guid'; text: string; at: number }
  | { kind: 'mark'; text: string; at: number }
  | { kind: 'end'; text: ''; at: number }

/** Longest expression taken, in characters; 500 customer codes in an `in` list fit well. */
const LONGEST = 16_000

/** Order matters: a date is also a number followed by marks, a GUID may begin like a number. */
const patterns: { kind: Exclude<Token['kind'], 'end'>; pattern: RegExp }[] = [
  { kind: 'guid', pattern: /[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\w-])/y },
  { kind: 'moment', pattern: /\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)/y },
  { kind: 'date', pattern: /\d{4}-\d\d-\d\d(?![\w-])/y },
  { kind: 'number', pattern: /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y },
  { kind: 'string', pattern: /'(?:[^']|'')*'/y },
  { kind: 'name', pattern: /[$@]?[A-Za-z_]\w*/y },
  { kind: 'mark', pattern: /[(),/;=:*]/y },
]
const space = /[ \t]+/y

/**
 * Splits an OData expression (ABNF of OData 4.01) into tokens.
 * @throws ODataError 400 naming the position of what is no token
 */
export function tokenise(text: string): Token[] {
  if (text.length > LONGEST) throw badRequest(`The expression is longer than ${LONGEST} characters.`)
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const blank = match(space, text, at)
    if (blank !== undefined) {
      at += blank.length
      continue
    }
    const token = next(text, at)
    tokens.push(token)
    at += rawLength(token, text)
  }
  tokens.push({ kind: 'end', text: '', at: text.length })
  return tokens
}

function next(text: string, at: number): Token {
  for (const { kind, pattern } of patterns) {
    const found = match(pattern, text, at)
    if (found === undefined) continue
    return { kind, text: kind === 'string' ? found.slice(1, -1).replaceAll("''", "'") : found, at }
  }
  const what = text[at] === "'" ? 'a string without its closing quote' : `"${text.slice(at, at + 12)}"`
  throw badRequest(`Position ${at + 1}: ${what} cannot be read.`)
}

function rawLength(token: Token, text: string): number {
  if (token.kind !== 'string') return token.text.length
  return (match(/'(?:[^']|'')*'/y, text, token.at) ?? '').length
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}
