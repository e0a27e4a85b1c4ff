import { z } from 'zod'

const operators = z.enum(['in', 'eq', 'ge', 'gt', 'le', 'lt', 'contains'])
const scalar = z.union([z.string(), z.number(), z.boolean()])

/** Conditions as parameters of the query, each under the name of its property. */
const asParameters = z.strictObject({
  as: z.literal('parameters'),
  names: z
    .partialRecord(operators, z.string())
    .default({})
    .describe('{field} for in and eq unless told; an operator without a name cannot be asked by'),
  any: z.string().optional().describe('the parameter by which text is looked for in several properties'),
  lists: z.enum(['repeat', 'comma']).default('repeat'),
})

/** Conditions as one text, such as SQL's WHERE. Nothing but quoted values comes from those who ask. */
const asText = z
  .strictObject({
    as: z.literal('text'),
    terms: z.partialRecord(operators, z.string()).describe('with {field} and {value}, {values} or {pattern} in it'),
    and: z.string().default(' AND '),
    or: z.string().default(' OR '),
    separator: z.string().default(', '),
    nothing: z.string().describe('a term that no record fulfils'),
    quote: z.strictObject({
      mark: z.string().length(1).default("'"),
      escape: z.record(z.string().length(1), z.string()).default({ "'": "''" }),
    }),
    pattern: z
      .strictObject({
        before: z.string().default('%'),
        after: z.string().default('%'),
        escape: z.record(z.string().length(1), z.string()).default({}).describe('what means something in a pattern'),
      })
      .prefault({}),
    booleans: z.strictObject({ true: z.string(), false: z.string() }).default({ true: 'true', false: 'false' }),
  })
  .refine(({ quote }) => quote.mark in quote.escape, 'quote.escape must say how the mark itself is written in a value')
  .refine(
    ({ quote }) => !Object.values(quote.escape).some(one => one.includes('\\')) || '\\' in quote.escape,
    'quote.escape writes a backslash, so it must say how a backslash is written',
  )

/** Conditions as a structure in the body: a list of terms. */
const asStructure = z.strictObject({
  as: z.literal('structure'),
  terms: z.partialRecord(operators, z.unknown()).describe('with $field and $value or $values in it'),
  any: z.unknown().optional().describe('with $terms in it: one of them must hold'),
  nothing: z.unknown().optional().describe('a term that no record fulfils'),
})

const operation = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  path: z.string().startsWith('/').describe('{name} stands for an input'),
  query: z.record(z.string(), scalar).default({}).describe('$name stands for an input'),
  lists: z.enum(['repeat', 'comma']).default('repeat').describe('how a parameter takes several values'),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.unknown().optional().describe('a structure with $name in it; a member without a value is left out'),
  form: z.boolean().default(false).describe('the body is a form, not JSON'),
  safe: z.boolean().optional().describe('repeating it changes nothing; so for GET unless told'),
  needs: z.array(z.string()).default([]).describe('inputs without which it is not called'),
  result: z.string().optional().describe('path of what the answer is about'),
  headersOfAnswer: z
    .array(z.string())
    .default([])
    .describe('the answer becomes {body, headers}, with these headers in lower case'),
  byPosition: z.boolean().default(false).describe('rows are lists of values in the order of the properties asked for'),
})

/** A system of plain REST and JSON that does not describe itself: its operations, told by the configuration. */
export const restDefinition = z.strictObject({
  operations: z.record(z.string(), operation),
  conditions: z.discriminatedUnion('as', [asParameters, asText, asStructure]).optional(),
  select: z.string().optional().describe('$fields is one text joined by this; a list unless told'),
  errorText: z.string().optional().describe('an answer that begins with this text is an error, whatever its status'),
  anyContentType: z.boolean().default(false).describe('JSON is answered under other types as well'),
  values: z
    .strictObject({
      number: z.array(z.string()).default([]).describe('properties whose values are written without quotes'),
      boolean: z.array(z.string()).default([]),
      time: z.array(z.string()).default([]),
      day: z.array(z.string()).default([]).describe('times of which only the day counts'),
      none: z.array(scalar).default([]).describe('values that stand for no value'),
      trim: z.boolean().default(false).describe('blanks around a text mean nothing; a text of blanks is no value'),
    })
    .prefault({}),
  times: z.enum(['iso', 'local', 'seconds', 'milliseconds']).default('iso'),
  timeZone: z.string().default('UTC').describe('the zone of local times'),
})

export type RestDefinition = z.infer<typeof restDefinition>
export type RestOperation = RestDefinition['operations'][string]
export type RestConditions = NonNullable<RestDefinition['conditions']>
