import { z } from 'zod'
import type { DescribedOperation } from './operation.ts'
import { problem } from './schemas.ts'

type JsonSchema = Record<string, unknown>

const descriptions: Record<number, string> = {
  400: 'The request is not as the schema says',
  401: 'No valid access token',
  403: 'Not an administrator, or the scope is missing',
  404: 'There is no such thing',
  409: 'The state does not allow it; `detail` says why and what to do',
  412: 'It changed since the caller saw it: read it again',
  422: 'The content cannot be taken over',
  428: 'The operation wants If-Match',
  429: 'Too many attempts; `Retry-After` says when to try again',
}

/** The OpenAPI 3.1 document of an API, made from the schemas that guard it. `token` says in words who may call. */
export function openApiDocument(
  operations: DescribedOperation[],
  { issuer, title, description, token }: { issuer: string; title: string; description: string; token: string },
): JsonSchema {
  const schemas: Record<string, JsonSchema> = {}
  const reference = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => collect(schema, io, schemas)
  const paths: Record<string, Record<string, unknown>> = {}
  for (const one of operations) {
    paths[one.path] = { ...paths[one.path], [one.method]: describeOperation(one, reference) }
  }
  return {
    openapi: '3.1.0',
    info: { title, version: '1', description },
    servers: [{ url: new URL(issuer).origin }],
    security: [{ token: [] }],
    tags: [...new Set(operations.map(one => one.tag))].map(name => ({ name })),
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: token,
        },
      },
      schemas,
    },
  }
}

function describeOperation(
  one: DescribedOperation,
  reference: (schema: z.ZodType, io: 'input' | 'output') => JsonSchema,
): JsonSchema {
  const problems = [400, 401, 403, ...one.problems].toSorted((a, b) => a - b)
  return {
    operationId: one.id,
    summary: one.summary,
    tags: [one.tag],
    parameters: [
      ...parameters(one.params, 'path'),
      ...parameters(one.query, 'query'),
      ...(one.ifMatch
        ? [
            {
              name: 'If-Match',
              in: 'header',
              required: one.ifMatchRequired ?? false,
              schema: { type: 'string' },
              description: one.ifMatch,
            },
          ]
        : []),
    ],
    ...(one.body
      ? { requestBody: { required: true, content: { 'application/json': { schema: reference(one.body, 'input') } } } }
      : {}),
    responses: {
      [one.status]: one.answer
        ? { description: 'Done', content: { 'application/json': { schema: reference(one.answer, 'output') } } }
        : { description: 'Done' },
      ...Object.fromEntries(
        problems.map(status => [
          status,
          {
            description: descriptions[status],
            content: { 'application/problem+json': { schema: reference(problem, 'output') } },
          },
        ]),
      ),
    },
  }
}

function parameters(schema: z.ZodObject, place: 'path' | 'query'): JsonSchema[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { $schema: _, ...json } = z.toJSONSchema(field as z.ZodType, {
      io: 'input',
      unrepresentable: 'any',
    }) as JsonSchema
    return { name, in: place, required: place === 'path', schema: json }
  })
}

/** A schema whose named parts are moved to `components`. */
function collect(schema: z.ZodType, io: 'input' | 'output', into: Record<string, JsonSchema>): JsonSchema {
  const {
    $schema: _,
    $defs,
    ...json
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const override = z.globalRegistry.get(zodSchema)?.override as JsonSchema | undefined
      if (!override) return
      for (const key of Object.keys(jsonSchema)) delete (jsonSchema as JsonSchema)[key]
      Object.assign(jsonSchema, override)
    },
  }) as JsonSchema & { $defs?: Record<string, JsonSchema> }
  const move = (value: JsonSchema): JsonSchema =>
    JSON.parse(JSON.stringify(value).replaceAll('#/$defs/', '#/components/schemas/')) as JsonSchema
  for (const [name, definition] of Object.entries($defs ?? {})) {
    const { id: _id, ...rest } = move(definition)
    into[name] = rest
  }
  return move(json)
}
