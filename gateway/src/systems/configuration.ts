import { z } from 'zod'
import { readConfigFile } from '../config.ts'

const text = z.object({ zh: z.string().min(1), en: z.string().min(1) })
const duration = z.number().int().positive()

const authentication = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exchange'), audience: z.string().min(1) }),
  z.strictObject({ kind: z.literal('basic'), user: z.string(), password: z.string() }),
  z.strictObject({ kind: z.literal('header'), name: z.string().min(1), value: z.string().min(1) }),
  z.strictObject({
    kind: z.literal('session'),
    login: z.strictObject({ operation: z.string(), input: z.record(z.string(), z.unknown()) }),
    header: z.strictObject({ name: z.string(), value: z.string().describe('JSONata over {input, result}') }),
  }),
  z.strictObject({ kind: z.literal('none') }),
])

const limits = z.strictObject({
  timeoutMs: duration.default(2000),
  concurrent: duration.default(24),
  waiting: duration.default(200),
  retries: z.number().int().min(0).max(5).default(2),
  slowMs: duration.default(1500),
  maxBytes: duration.default(16 * 1024 * 1024),
  breaker: z
    .strictObject({
      rollingMs: duration.default(60_000),
      buckets: duration.default(10),
      requestThreshold: duration.default(10),
      errorPercent: z.number().min(1).max(100).default(50),
      sleepMs: duration.default(5000),
      halfOpenAttempts: duration.default(2),
      requiredSuccessful: duration.default(2),
    })
    .prefault({}),
})

const value = z.union([z.string(), z.number(), z.boolean()])

/** One argument of the graph, told in the system's words. */
const filter = z.union([
  z.string().min(1),
  z.strictObject({
    field: z.string().optional(),
    op: z.enum(['in', 'eq', 'ge', 'gt', 'le', 'lt', 'contains']).default('in'),
    any: z.array(z.string()).optional().describe('text is looked for in any of these'),
    when: z.record(z.string(), z.union([z.string(), z.record(z.string(), value)])).optional(),
    reads: z.array(z.string()).optional().describe('fields of the dictionary it lets one find out about'),
  }),
])

const measure = z.strictObject({
  sum: z.string().optional(),
  count: z.literal(true).optional(),
  where: z.string().optional(),
})

const entity = z.strictObject({
  operation: z.string().min(1),
  input: z.record(z.string(), z.unknown()).default({}),
  rows: z.string().default(''),
  total: z.string().optional(),
  key: z.string().optional().describe('property that holds the key; or a composition such as {Product}.{Warehouse}'),
  filter: z.record(z.string(), filter).default({}),
  sort: z.string().optional().describe('the order of lists, in the words of the system'),
  max: z.number().int().positive().default(200).describe('most rows one call answers'),
  page: z.strictObject({ offset: z.string().default('offset'), limit: z.string().default('limit') }).prefault({}),
  scope: z.union([
    z.literal('none'),
    z.strictObject({ filter: z.string(), path: z.string().optional(), single: z.boolean().default(false) }),
  ]),
  each: z.boolean().default(false).describe('children are asked one question a parent, all in one batch'),
  aggregate: z
    .strictObject({ by: z.string(), currency: z.string(), measures: z.record(z.string(), measure) })
    .optional(),
  empty: z.record(z.string(), value).optional().describe('the record of a key that has no rows'),
  fields: z.record(z.string(), z.string()).default({}).describe('paths that differ from the dictionary'),
  /** the parameters of a json-rpc method, JSONata over {where, offset, limit, sort, fields} */
  parameters: z.string().optional(),
  count: z.strictObject({ operation: z.string(), parameters: z.string() }).optional(),
})

const system = z.strictObject({
  name: text,
  description: text.optional(),
  url: z.string().min(1),
  protocol: z.enum(['openapi', 'soap', 'odata', 'json-rpc', 'graphql']),
  document: z.string().optional(),
  endpoint: z.string().optional(),
  authentication,
  jsonrpc: z.enum(['1.0', '2.0']).default('2.0').describe('json-rpc: 1.0 sends no member of that name'),
  typeTag: z.string().optional().describe('json-rpc: the member that marks decimals and dates, e.g. __class__'),
  dictionary: z.string().optional().describe('a file beside systems.yaml that adds types to the dictionary'),
  probe: z.strictObject({ operation: z.string(), input: z.record(z.string(), z.unknown()).default({}) }).optional(),
  probeMs: duration.default(15_000),
  optional: z.boolean().default(false).describe('left out when its url is empty'),
  limits: limits.prefault({}),
  entities: z.record(z.string(), entity).default({}),
})

const systemsFile = z.strictObject({
  company: z.strictObject({ zone: z.string(), currency: z.string() }),
  systems: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case letters, digits and hyphens'), system),
})

export type SystemsFile = z.infer<typeof systemsFile>
export type SystemDefinition = z.infer<typeof system>
export type EntityDefinition = z.infer<typeof entity>
export type FilterDefinition = z.infer<typeof filter>
export type Limits = z.infer<typeof limits>
export type Authentication = z.infer<typeof authentication>

/**
 * Reads systems.yaml. A system marked `optional` whose url is empty is left out.
 * @throws ConfigFileError naming every fault
 */
export async function readSystemsFile(
  dir: string,
  env = process.env as Record<string, string | undefined>,
): Promise<SystemsFile> {
  const file = await readConfigFile(dir, 'systems.yaml', systemsFile, env)
  const present = Object.entries(file.systems).filter(([, one]) => !(one.optional && one.url.startsWith('-')))
  return { ...file, systems: Object.fromEntries(present) }
}

/** For tests and tools: the same checks on a document in memory. */
export function parseSystems(document: unknown): SystemsFile {
  return systemsFile.parse(document)
}
