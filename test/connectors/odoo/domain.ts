import { type Field, models, OdooError } from './models.ts'

type Bind = string | number | null
export interface Where {
  sql: string
  binds: Bind[]
}

const comparisons: Record<string, string> = { '=': 'is', '!=': 'is not', '>': '>', '>=': '>=', '<': '<', '<=': '<=' }

/** A search domain in prefix notation as SQL over the model's table: the subset of terms that integrations use. */
export function compileDomain(model: string, domain: unknown): Where {
  if (!Array.isArray(domain)) throw new OdooError('builtins.ValueError', `Invalid domain: ${JSON.stringify(domain)}`)
  const stack: Where[] = []
  for (const token of [...domain].reverse()) {
    if (token === '!') {
      const one = need(stack.pop(), domain)
      stack.push({ sql: `not (${one.sql})`, binds: one.binds })
    } else if (token === '&' || token === '|') {
      const [left, right] = [need(stack.pop(), domain), need(stack.pop(), domain)]
      const word = token === '&' ? 'and' : 'or'
      stack.push({ sql: `((${left.sql}) ${word} (${right.sql}))`, binds: [...left.binds, ...right.binds] })
    } else stack.push(compileTerm(model, token))
  }
  const terms = stack.reverse()
  return { sql: terms.map(one => `(${one.sql})`).join(' and ') || '1', binds: terms.flatMap(one => one.binds) }
}

function need(one: Where | undefined, domain: unknown): Where {
  if (!one) throw new OdooError('builtins.ValueError', `Malformed domain ${JSON.stringify(domain)}`)
  return one
}

function compileTerm(model: string, term: unknown): Where {
  if (!Array.isArray(term) || term.length !== 3 || typeof term[0] !== 'string')
    throw new OdooError('builtins.ValueError', `Invalid leaf ${JSON.stringify(term)}`)
  const [path, operator, value] = term as [string, string, unknown]
  const dot = path.indexOf('.')
  const name = dot < 0 ? path : path.slice(0, dot)
  const field = models[model]?.[name]
  if (!field)
    throw new OdooError('builtins.ValueError', `Invalid field ${model}.${path} in leaf ${JSON.stringify(term)}`)
  if (dot >= 0) {
    const inner = compileDomain(field.to ?? '', [[path.slice(dot + 1), operator, value]])
    return { sql: `"${name}" in (select id from "${field.to}" where ${inner.sql})`, binds: inner.binds }
  }
  if (field.kind === 'many2one' && (operator === 'ilike' || typeof value === 'string')) {
    const inner = compileDomain(field.to ?? '', [['name', operator, value]])
    return { sql: `"${name}" in (select id from "${field.to}" where ${inner.sql})`, binds: inner.binds }
  }
  if (operator === 'in' || operator === 'not in') {
    if (!Array.isArray(value)) throw new OdooError('builtins.ValueError', `"in" takes a list`)
    const list = value.map(one => bind(field, one))
    const sql = `coalesce("${name}" in (${list.map(() => '?').join(',')}), 0)`
    return { sql: operator === 'in' ? sql : `not ${sql}`, binds: list }
  }
  if (operator === 'ilike') {
    // Odoo puts % around the text and leaves what is in it to PostgreSQL, whose escape character is the backslash.
    return { sql: `"${name}" like ? escape '\\'`, binds: [`%${String(value)}%`] }
  }
  const comparison = comparisons[operator]
  if (!comparison) throw new OdooError('builtins.ValueError', `Invalid operator ${operator}`)
  return { sql: `"${name}" ${comparison} ?`, binds: [bind(field, value)] }
}

function bind(field: Field, value: unknown): Bind {
  if (field.kind === 'boolean') return value === true ? 1 : 0
  if (value === false || value === null) return null
  if (field.kind === 'integer' || field.kind === 'many2one' || field.kind === 'float') {
    if (typeof value === 'number' && Math.abs(value) < (field.kind === 'float' ? Number.MAX_VALUE : 2 ** 31))
      return value
    // PostgreSQL compares no integer with text, and no integer of four bytes with a larger one.
    throw new OdooError(
      'psycopg2.errors.InvalidTextRepresentation',
      `invalid input syntax for type integer: "${value}"`,
    )
  }
  return String(value)
}
