import type { Description } from '../protocols/protocol.ts'

const sources = new WeakMap<Description, ReadonlyMap<string, Description>>()

/**
 * A description for what the system is now, except for some operations, which go on by what it was when they last fitted:
 * a document may be wrong, and what still works shall work.
 * @param kept operations that go by `last`
 */
export function composed(next: Description, last: Description, kept: ReadonlySet<string>): Description {
  const by = new Map<string, Description>()
  for (const operation of kept) {
    const source = sources.get(last)?.get(operation) ?? last
    if (source.operations.has(operation) || source.operations.size === 0) by.set(operation, source)
  }
  if (by.size === 0) return next
  const of = (operation: string): Description => by.get(operation) ?? next
  const operations = new Map(next.operations)
  for (const [operation, source] of by) {
    const told = source.operations.get(operation)
    if (told) operations.set(operation, told)
  }
  const description: Description = {
    ...next,
    operations,
    encode: (operation, input, session) => of(operation).encode(operation, input, session),
    decode: (operation, answer) => of(operation).decode(operation, answer),
    ask: (entity, question) => of(entity.operation).ask(entity, question),
    rows: (entity, answer, call) => of(entity.operation).rows(entity, answer, call),
  }
  sources.set(description, by)
  return description
}
