import jsonata from 'jsonata'
import { MappingFault } from '../systems/protocols/protocol.ts'

const compiled = new Map<string, ReturnType<typeof jsonata>>()

/** A compiled JSONata expression. @throws MappingFault when it is none */
export function expression(text: string): ReturnType<typeof jsonata> {
  let one = compiled.get(text)
  if (!one) {
    try {
      one = jsonata(text)
    } catch (error) {
      throw new MappingFault(`"${text}" is no JSONata: ${(error as Error).message}`)
    }
    compiled.set(text, one)
  }
  return one
}

/** Names that an expression takes from the record: the heads of its paths. */
export function namesIn(text: string): string[] {
  const names = new Set<string>()
  collect(expression(text).ast(), names)
  return [...names]
}

/** Evaluates over a record; undefined for "nothing". @throws Error from JSONata, e.g. for a number that is none */
export async function evaluate(text: string, record: unknown, bindings: Record<string, unknown>): Promise<unknown> {
  return await expression(text).evaluate(record, bindings)
}

function collect(node: unknown, names: Set<string>): void {
  if (node === null || typeof node !== 'object') return
  if (Array.isArray(node)) {
    for (const one of node) collect(one, names)
    return
  }
  const { type, value, steps, ...rest } = node as { type?: unknown; value?: unknown; steps?: unknown[] }
  if (type === 'path' && Array.isArray(steps)) {
    const [head, ...tail] = steps
    collect(head, names)
    // Later steps are relative to the head, but their predicates may hold expressions.
    for (const step of tail) if ((step as { type?: unknown }).type !== 'name') collect(step, names)
    return
  }
  if (type === 'name' && typeof value === 'string') names.add(value)
  for (const one of Object.values(rest)) collect(one, names)
}
