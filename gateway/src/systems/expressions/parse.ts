import jsonata from 'jsonata'
import { MappingFault } from '../protocols/protocol.ts'

export type Parsed = ReturnType<typeof jsonata>

const parsed = new Map<string, Parsed>()

/** A JSONata expression, read once. @throws MappingFault saying where its fault stands */
export function parseExpression(text: string): Parsed {
  let one = parsed.get(text)
  if (!one) {
    try {
      one = jsonata(text)
    } catch (error) {
      const { message, position } = error as { message: string; position?: number }
      const place = position === undefined ? '' : ` (at character ${position})`
      throw new MappingFault(`"${text}" is no JSONata: ${message}${place}`)
    }
    parsed.set(text, one)
  }
  return one
}

/** Names that an expression takes from the record: the heads of its paths. */
export function namesIn(text: string): string[] {
  const names = new Set<string>()
  collect(parseExpression(text).ast(), false, names)
  return [...names]
}

interface Step {
  type?: unknown
  value?: unknown
}

/** @param inside within a later step or a predicate, where names belong to what was reached and only `$$` is the record */
function collect(node: unknown, inside: boolean, names: Set<string>): void {
  if (node === null || typeof node !== 'object') return
  if (Array.isArray(node)) {
    for (const one of node) collect(one, inside, names)
    return
  }
  const { type, value, steps, ...rest } = node as Step & { steps?: unknown }
  if (type === 'path' && Array.isArray(steps)) {
    const [head, second, ...tail] = steps as Step[]
    const ofRecord = head?.type === 'variable' && (head.value === '$' || (head.value === '' && !inside))
    if (ofRecord && second?.type === 'name') names.add(String(second.value))
    collect(head, inside, names)
    for (const step of [second, ...tail]) collect(step, true, names)
    collect(rest, true, names)
    return
  }
  if (type === 'name' && typeof value === 'string') {
    if (!inside) names.add(value)
    collect(Object.values(rest), true, names)
    return
  }
  collect(Object.values(rest), inside, names)
}
