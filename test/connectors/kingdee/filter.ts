import { KingdeeError } from './error.ts'

export type Value = string | number | null
/** Tells whether a row fulfils a condition; a row is asked for a field by its key. */
export type Condition = (field: (key: string) => Value) => boolean

type Token = { kind: 'word' | 'text' | 'number' | 'sign'; text: string }
type Operand = (field: (key: string) => Value) => Value

/**
 * FilterString as far as sources show it: comparisons, LIKE, IN, IS NULL, AND, OR, NOT. What is anything else is an error, so
 * that no value can smuggle in more. The grammar as a whole is unverified.
 */
export function parseFilter(
  text: string,
  isField: (key: string) => boolean,
): { condition: Condition; fields: string[] } {
  const tokens = tokenise(text)
  const fields: string[] = []
  let at = 0
  if (tokens.length === 0) return { condition: () => true, fields }

  const peek = (): Token | undefined => tokens[at]
  const isWord = (word: string): boolean => peek()?.kind === 'word' && peek()?.text.toUpperCase() === word
  function take(kind: Token['kind'], wanted?: string): Token {
    const token = tokens[at]
    if (token?.kind !== kind || (wanted !== undefined && token.text.toUpperCase() !== wanted)) throw syntax(text)
    at += 1
    return token
  }

  function either(): Condition {
    const parts = [both()]
    while (isWord('OR')) {
      at += 1
      parts.push(both())
    }
    return row => parts.some(part => part(row))
  }
  function both(): Condition {
    const parts = [not()]
    while (isWord('AND')) {
      at += 1
      parts.push(not())
    }
    return row => parts.every(part => part(row))
  }
  function not(): Condition {
    if (isWord('NOT')) {
      at += 1
      const part = not()
      return row => !part(row)
    }
    if (peek()?.kind !== 'sign' || peek()?.text !== '(') return comparison()
    at += 1
    const inner = either()
    take('sign', ')')
    return inner
  }
  function comparison(): Condition {
    const left = operand()
    if (isWord('IS')) {
      at += 1
      const negated = isWord('NOT')
      if (negated) at += 1
      take('word', 'NULL')
      return row => (left(row) === null) !== negated
    }
    const negated = isWord('NOT')
    if (negated) at += 1
    if (isWord('LIKE')) {
      at += 1
      const pattern = likeness(take('text').text)
      return row => pattern.test(String(left(row) ?? '')) !== negated
    }
    if (isWord('IN')) {
      at += 1
      take('sign', '(')
      const list = [operand()]
      while (peek()?.text === ',' && peek()?.kind === 'sign') {
        at += 1
        list.push(operand())
      }
      take('sign', ')')
      return row => list.some(one => compare(left(row), one(row)) === 0) !== negated
    }
    if (negated) throw syntax(text)
    const { text: sign } = take('sign')
    const test = comparisons[sign]
    if (!test) throw syntax(text)
    const right = operand()
    return row => {
      const order = compare(left(row), right(row))
      return order !== undefined && test(order)
    }
  }
  function operand(): Operand {
    const token = tokens[at]
    at += 1
    if (token?.kind === 'text') return () => token.text
    if (token?.kind === 'number') return () => Number(token.text)
    if (token?.kind !== 'word') throw syntax(text)
    if (!isField(token.text)) throw new KingdeeError(500, 0, `元数据中标识为${token.text}的字段不存在`)
    fields.push(token.text)
    return field => field(token.text)
  }

  const condition = either()
  if (at < tokens.length) throw syntax(text)
  return { condition, fields }
}

const comparisons: Record<string, (order: number) => boolean> = {
  '=': order => order === 0,
  '<>': order => order !== 0,
  '!=': order => order !== 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
  '<': order => order < 0,
  '<=': order => order <= 0,
}

function compare(left: Value, right: Value): number | undefined {
  if (left === null || right === null) return undefined
  if (typeof left === 'number' || typeof right === 'number') {
    const [one, other] = [Number(left), Number(right)]
    if (Number.isNaN(one) || Number.isNaN(other))
      throw new KingdeeError(500, 4, `在将 nvarchar 值 '${left}' 转换成数据类型 int 时失败。`)
    return one - other
  }
  // The collations of its databases do not tell capitals from small letters.
  const [one, other] = [left.toUpperCase(), right.toUpperCase()]
  return one === other ? 0 : one < other ? -1 : 1
}

/** SQL Server's LIKE; that brackets escape on every database of the vendor's is unverified. */
function likeness(pattern: string): RegExp {
  const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const source = pattern.replace(/\[([^\]]*)\]|%|_|[\s\S]/g, (found, inside?: string) => {
    if (inside !== undefined) return `[${inside.replace(/[\\[\]]/g, '\\$&')}]`
    return found === '%' ? '[\\s\\S]*' : found === '_' ? '[\\s\\S]' : literally(found)
  })
  return new RegExp(`^${source}$`, 'i')
}

function tokenise(text: string): Token[] {
  const tokens: Token[] = []
  const shape =
    /\s*(?:'((?:[^']|'')*)'|(-?\d+(?:\.\d+)?)(?![\w.])|([A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*)|(<>|!=|>=|<=|[=<>(),]))/y
  while (text.slice(shape.lastIndex).trim() !== '') {
    const from = shape.lastIndex
    const found = shape.exec(text)
    if (!found) throw syntax(text.slice(from))
    const [, quoted, number, word, sign] = found
    if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted.replaceAll("''", "'") })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else tokens.push({ kind: 'sign', text: sign as string })
  }
  return tokens
}

function syntax(text: string): KingdeeError {
  return new KingdeeError(500, 4, `“${text.slice(0, 40)}”附近有语法错误。`)
}
