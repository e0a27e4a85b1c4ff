import { ExpressionFault, Guard } from './guard.ts'
import { isHarmless, isPath, isSmall } from './harmless.ts'
import { namesIn, parseExpression } from './parse.ts'

export { ExpressionFault } from './guard.ts'
export { namesIn, parseExpression } from './parse.ts'

const guard = new Guard()
const parts = new Map<string, string[] | null>()

/**
 * Evaluates JSONata over a record; undefined for "nothing". What cannot but end soon is evaluated here, everything else in a
 * process of its own, where it is stopped when it does not end.
 * @param bounds `within` = longest time in ms, `largest` = most values and characters of the result, over all records of one tick
 * @throws ExpressionFault saying why there is no value
 */
export async function evaluate(
  text: string,
  record: unknown,
  bindings: Record<string, unknown> = {},
  bounds: { within?: number; largest?: number } = {},
): Promise<unknown> {
  const needed = part(text, record)
  if (!isHarmless(text) || !(isPath(text) || isSmall(needed)))
    return await guard.evaluate(text, needed, bindings, bounds)
  try {
    return await parseExpression(text).evaluate(needed, bindings)
  } catch {
    throw new ExpressionFault('cannot be computed')
  }
}

/** Checks an expression of a configuration, and has the process ready when it will need it. @throws MappingFault */
export function prepareExpression(text: string): void {
  parseExpression(text)
  if (!isHarmless(text)) guard.warm()
}

/** What an expression reads of a record: the rest need not travel. */
function part(text: string, record: unknown): unknown {
  if (record === null || typeof record !== 'object' || Array.isArray(record)) return record
  let names = parts.get(text)
  if (names === undefined) {
    names = readsWhole(parseExpression(text).ast()) ? null : namesIn(text)
    parts.set(text, names)
  }
  if (names === null) return record
  const picked: Record<string, unknown> = {}
  for (const name of names) if (Object.hasOwn(record, name)) picked[name] = (record as Record<string, unknown>)[name]
  return picked
}

// `$`, `$$`, `*`, `**`, `%` and functions without arguments take the record itself.
function readsWhole(node: unknown): boolean {
  if (node === null || typeof node !== 'object') return false
  if (Array.isArray(node)) return node.some(readsWhole)
  const { type, value, ...rest } = node as { type?: unknown; value?: unknown; arguments?: unknown }
  if (type === 'wildcard' || type === 'descendant' || type === 'parent') return true
  if (type === 'variable' && (value === '' || value === '$')) return true
  if ((type === 'function' || type === 'partial') && Array.isArray(rest.arguments) && rest.arguments.length === 0)
    return true
  return Object.values(rest).some(readsWhole)
}
