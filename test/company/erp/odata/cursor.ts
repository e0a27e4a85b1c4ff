import { badRequest } from './errors.ts'
import { type Token, tokenise } from './lexer.ts'

/** How deep parentheses, `not` and function calls may nest before an expression is refused. */
const DEEPEST = 50

/** Walks over the tokens of one expression and guards against nesting that would exhaust the stack. */
export class Cursor {
  readonly tokens: Token[]
  private position = 0
  private depth = 0

  constructor(text: string) {
    this.tokens = tokenise(text)
  }

  /** The token `ahead` places on, or the end token. */
  peek(ahead = 0): Token {
    return this.tokens[Math.min(this.position + ahead, this.tokens.length - 1)]!
  }

  take(): Token {
    const token = this.peek()
    if (token.kind !== 'end') this.position++
    return token
  }

  isMark(text: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'mark' && token.text === text
  }

  isName(text: string): boolean {
    const token = this.peek()
    return token.kind === 'name' && token.text === text
  }

  accept(text: string): boolean {
    const token = this.peek()
    if ((token.kind !== 'mark' && token.kind !== 'name') || token.text !== text) return false
    this.take()
    return true
  }

  expect(text: string): void {
    if (!this.accept(text)) throw this.unexpected(`"${text}"`)
  }

  name(what: string): string {
    if (this.peek().kind !== 'name') throw this.unexpected(what)
    return this.take().text
  }

  end(): void {
    if (this.peek().kind !== 'end') throw this.unexpected('the end')
  }

  /** Runs one level deeper. @throws ODataError 400 past the limit */
  nested<T>(parse: () => T): T {
    if (++this.depth > DEEPEST) throw badRequest(`The expression nests deeper than ${DEEPEST} levels.`)
    try {
      return parse()
    } finally {
      this.depth--
    }
  }

  unexpected(expected: string) {
    const token = this.peek()
    const found = token.kind === 'end' ? 'the end of the expression' : `"${token.text.slice(0, 40)}"`
    return badRequest(`Position ${token.at + 1}: expected ${expected}, found ${found}.`)
  }
}

/** Comma-separated items until the cursor stands before something else. */
export function listOf<T>(cursor: Cursor, item: () => T): T[] {
  const items = [item()]
  while (cursor.accept(',')) items.push(item())
  return items
}
