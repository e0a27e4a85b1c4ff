import { createHash } from 'node:crypto'
import pg from 'pg'

// Each costs the server some memory on every connection; services have far fewer statements, except those whose text
// depends on the length of a list, and these must not crowd out the others.
const atMost = 300
const changedResultType = '0A000'

const names = new Map<string, string>()
let generation = 0

/**
 * A connection that has its parameterised statements prepared by name, so that PostgreSQL parses and plans each once per
 * connection (measured: a lookup by key costs a third, the rights of a person a fifth). Behind PgBouncer in transaction mode this needs its
 * `max_prepared_statements`.
 */
export class PreparedClient extends pg.Client {
  // pg declares a dozen overloads; Kysely calls the one with a text and its values, everything else passes through.
  // @ts-expect-error one signature in place of pg's overloads
  override query(...given: unknown[]): unknown {
    const query = super.query.bind(this) as (...args: unknown[]) => unknown
    const [text, values] = given
    const name = typeof text === 'string' && Array.isArray(values) && values.length > 0 ? nameOf(text) : undefined
    if (!name || given.length !== 2) return query(...given)
    return (query({ name, text, values }) as Promise<unknown>).catch(error => {
      throw forgetPlans(error)
    })
  }
}

/** After a migration the old plans are useless: new names get new ones. @returns the error */
export function forgetPlans<E extends { code?: string }>(error: E): E {
  if (error.code === changedResultType) {
    names.clear()
    generation += 1
  }
  return error
}

/** The name under which connections prepare a statement; undefined when there are too many statements. */
export function nameOf(text: string): string | undefined {
  const known = names.get(text)
  if (known || names.size >= atMost) return known
  const name = `a${generation}_${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`
  names.set(text, name)
  return name
}
