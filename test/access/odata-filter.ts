type Row = Record<string, unknown>
type Test = (row: Row) => boolean

/** As much of OData's $filter as is asked here: comparisons, `in`, `contains`, and, or, brackets. */
export function parseFilter(text: string): Test {
  const tokens = text.match(/'(?:[^']|'')*'|[(),]|[^\s(),]+/g) ?? []
  let at = 0
  const take = (): string => tokens[at++] ?? ''
  const literal = (token: string): string => (token.startsWith("'") ? token.slice(1, -1).replaceAll("''", "'") : token)

  function any(): Test {
    let left = all()
    while (tokens[at] === 'or') {
      at += 1
      const [a, b] = [left, all()]
      left = row => a(row) || b(row)
    }
    return left
  }
  function all(): Test {
    let left = one()
    while (tokens[at] === 'and') {
      at += 1
      const [a, b] = [left, one()]
      left = row => a(row) && b(row)
    }
    return left
  }
  function one(): Test {
    const token = take()
    if (token === '(') {
      const inner = any()
      take()
      return inner
    }
    if (token === 'contains') {
      take()
      const field = take()
      take()
      const part = literal(take())
      take()
      return row => String(row[field]).includes(part)
    }
    const op = take()
    if (op === 'in') {
      const values = new Set<string>()
      for (take(); tokens[at - 1] !== ')'; take()) values.add(literal(take()))
      return row => values.has(String(row[token]))
    }
    const value = literal(take())
    if (op === 'eq') return row => String(row[token]) === value
    if (op === 'gt') return row => Number(row[token]) > Number(value)
    if (op === 'le') return row => Number(row[token]) <= Number(value)
    throw new Error(`the filter ${text} is not understood`)
  }
  const test = any()
  if (at !== tokens.length) throw new Error(`the filter ${text} is not understood`)
  return test
}
