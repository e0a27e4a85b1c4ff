import { z } from 'zod'

type Json = Record<string, unknown>

const kind = z.enum(['text', 'integer', 'decimal', 'boolean', 'day', 'time', 'record', 'list'])

/** Where a description lies about an operation: what it takes and answers in truth. */
export const typeOverrides = z.record(
  z.string(),
  z.strictObject({
    answers: z
      .record(z.string(), kind)
      .default({})
      .describe('path in the answer → what stands there; "" is the answer itself, lists are passed through'),
    takes: z.record(z.string(), kind).default({}).describe('input → what it takes; one that is not described is added'),
  }),
)

export type TypeOverrides = z.infer<typeof typeOverrides>
type Kind = z.infer<typeof kind>

/** A schema of which nothing is known: whatever a mapping names may be there. */
export const open = 'x-open'

const schemas: Record<Kind, Json> = {
  text: { type: 'string' },
  integer: { type: 'integer' },
  decimal: { type: 'number' },
  boolean: { type: 'boolean' },
  day: { type: 'string', format: 'date' },
  time: { type: 'string', format: 'date-time' },
  record: { type: 'object', [open]: true },
  list: { type: 'array', items: { [open]: true } },
}

/** The schema of an input that is told otherwise. */
export function schemaOf(told: Kind): Json {
  return schemas[told]
}

/**
 * A schema with what the mapping says in the place of what it said itself.
 * @param resolve follows references
 * @param properties all properties of an object's schema
 */
export function overrideAnswer(
  schema: Json | undefined,
  answers: Readonly<Record<string, Kind>>,
  resolve: (value: unknown) => Json,
  properties: (schema: Json) => Record<string, unknown>,
): Json | undefined {
  // What lies further out is told first, so that what lies within finds its place.
  const told = Object.entries(answers).sort(([a], [b]) => a.length - b.length)
  return told.reduce<Json | undefined>((at, [path, one]) => put(at, path === '' ? [] : path.split('.'), one), schema)

  function put(given: Json | undefined, path: readonly string[], told: Kind): Json {
    const at = given ? resolve(given) : {}
    const [head, ...rest] = path
    if (at.type === 'array' && head !== undefined) return { ...at, items: put((at.items ?? {}) as Json, path, told) }
    if (head === undefined) return told === 'list' && at.type === 'array' ? at : schemas[told]
    const own = properties(at)
    return {
      ...(at[open] === true && { [open]: true }),
      type: 'object',
      properties: { ...own, [head]: put(own[head] as Json | undefined, rest, told) },
    }
  }
}
