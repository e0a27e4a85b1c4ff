import { z } from 'zod'
import { readConfigFile } from '../config.ts'
import { faultsPerDay, owners } from '../quality/owners.ts'
import { expandConnectors } from './connectors.ts'
import { codeLists, fieldMapping } from './mapping/definition.ts'
import { answersDefinition } from './protocols/error-in-answer.ts'
import { fileSettings } from './protocols/files/configuration.ts'
import { pageDefinition } from './protocols/paging.ts'
import { restDefinition } from './protocols/rest-definition.ts'
import { rpcFields } from './protocols/rpc-fields.ts'
import { sqlSettings } from './protocols/sql/configuration.ts'
import { typeOverrides } from './protocols/type-overrides.ts'
import { tlsSchema } from './resilience/secure.ts'
import { signedAuthentication } from './signing.ts'

const text = z.object({ zh: z.string().min(1), en: z.string().min(1) })
const duration = z.number().int().positive()

const authentication = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exchange'), audience: z.string().min(1) }),
  z.strictObject({ kind: z.literal('basic'), user: z.string(), password: z.string() }),
  z.strictObject({ kind: z.literal('header'), name: z.string().min(1), value: z.string().min(1) }),
  z.strictObject({
    kind: z.literal('session'),
    login: z.strictObject({ operation: z.string(), input: z.record(z.string(), z.unknown()) }),
    header: z.strictObject({ name: z.string(), value: z.string().describe('JSONata over {input, result}') }).optional(),
    keep: z.string().optional().describe('JSONata over {input, result}: what json-rpc calls carry as $session'),
  }),
  signedAuthentication,
  z.strictObject({ kind: z.literal('none') }),
])

const limits = z.strictObject({
  timeoutMs: duration.default(2000).describe('a call has ended after this time, with whatever repetitions it needed'),
  budgetMs: duration.default(4000).describe('most of its time that one request may spend waiting for this system'),
  perSecond: duration.optional().describe('most calls that the vendor allows within any second'),
  perMinute: duration.optional(),
  hedge: z.boolean().default(false).describe('a safe call that takes longer than 95 % of them is made a second time'),
  concurrent: duration.default(24),
  waiting: duration.default(200),
  retries: z.number().int().min(0).max(5).default(2),
  slowMs: duration.default(1500),
  // Reading JSON holds up everybody: 4 MB take about as long as a page of a portal may be late at all.
  maxBytes: duration.default(4 * 1024 * 1024),
  documentBytes: duration.default(32 * 1024 * 1024).describe('the longest description document that is read'),
  cacheBytes: duration.default(8 * 1024 * 1024).describe('most memory that kept answers of this system may take'),
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

/** How a dialect of json-rpc differs: what is on the wire, what its values mean, what its errors say. */
const rpc = z.strictObject({
  calls: z
    .array(
      z.strictObject({
        model: z.string().optional().describe('the operations it is for: those of this model; none = all others'),
        method: z.string(),
        params: z.unknown().describe('a structure with $model, $name, $params, $session and $settings in it'),
      }),
    )
    .min(1),
  fields: rpcFields.optional().describe('how the system tells what its models hold'),
  emptyIsFalse: z.boolean().default(false).describe('the system writes false where there is no value'),
  values: z
    .strictObject({
      integer: z.array(z.string()).default([]),
      reference: z.array(z.string()).default([]).describe('[7, "name"] becomes {id: "7", name: "name"}'),
      boolean: z.array(z.string()).default([]),
      time: z.array(z.string()).default([]).describe('YYYY-MM-DD HH:MM:SS in UTC'),
      day: z.array(z.string()).default([]).describe('such a time of which only the day in timeZone counts'),
    })
    .prefault({}),
  timeZone: z.string().default('UTC'),
  errors: z.strictObject({
    code: z.string().describe('path of the name of an error'),
    reason: z.string().describe('path of its words'),
    unauthenticated: z.array(z.string()).default([]),
    refused: z.array(z.string()).default([]).describe('refusals whose words are for nobody but the log'),
    told: z.array(z.string()).default([]).describe('refusals whose words were written for people'),
  }),
})

const parameters = z.union([z.string(), z.array(z.unknown())])

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
  page: pageDefinition.prefault({}),
  scope: z.union([
    z.literal('none'),
    z.strictObject({ filter: z.string(), path: z.string().optional(), single: z.boolean().default(false) }),
  ]),
  each: z.boolean().default(false).describe('children are asked one question a parent, all in one batch'),
  aggregate: z
    .strictObject({ by: z.string(), currency: z.string(), measures: z.record(z.string(), measure) })
    .optional(),
  empty: z.record(z.string(), value).optional().describe('the record of a key that has no rows'),
  fields: z
    .record(z.string(), fieldMapping)
    .default({})
    .describe('where and how values stand that differ from the dictionary'),
  cache: z
    .strictObject({
      freshS: z.number().positive().max(86_400),
      staleS: z
        .number()
        .min(0)
        .max(86_400)
        .default(0)
        .describe('shown for so much longer while a newer one is fetched'),
    })
    .optional()
    .describe('how long answers are kept, s; none are unless told'),
  /**
   * The parameters of a json-rpc method: JSONata over {where, offset, limit, sort, fields}, or a structure with $domain,
   * $offset, $limit, $sort, $fields and $settings in it.
   */
  parameters: parameters.optional(),
  count: z.strictObject({ operation: z.string(), parameters }).optional(),
})

const system = z.strictObject({
  name: text,
  description: text.optional(),
  url: z.string().min(1),
  protocol: z.enum(['openapi', 'soap', 'odata', 'json-rpc', 'graphql', 'sql', 'files', 'rest']),
  document: z.string().optional(),
  endpoint: z.string().optional(),
  authentication,
  jsonrpc: z.enum(['1.0', '2.0']).default('2.0').describe('json-rpc: 1.0 sends no member of that name'),
  typeTag: z.string().optional().describe('json-rpc: the member that marks decimals and dates, e.g. __class__'),
  files: fileSettings.optional().describe('files: the folder into which the system puts its data'),
  sql: sqlSettings.optional().describe('sql: which tables of the database are read, and how'),
  rpc: rpc.optional().describe('json-rpc: the dialect of a system that wraps its calls'),
  rest: restDefinition.optional().describe('rest: its operations, and how they are put on the wire'),
  connector: z.string().optional().describe('folder of gateway/connectors that the rest comes from'),
  settings: z.record(z.string(), value).default({}).describe('what the connector asks for: its README names them'),
  provides: z.array(z.string()).optional().describe('types it is the record of; all of its connector unless told'),
  dictionary: z.string().optional().describe('a file beside systems.yaml that adds types to the dictionary'),
  probe: z.strictObject({ operation: z.string(), input: z.record(z.string(), z.unknown()).default({}) }).optional(),
  probeMs: duration.default(15_000),
  describeMs: duration.default(300_000).describe('how often its description is read again'),
  optional: z.boolean().default(false).describe('left out where its url is empty, e.g. a variable that nobody set'),
  zone: z.string().optional().describe("time zone of its local times; the company's unless told"),
  answers: answersDefinition
    .optional()
    .describe('openapi, json-rpc, rest: how an answer of 200 says that it is an error'),
  types: typeOverrides.optional().describe('openapi: operations about which the description is wrong'),
  codes: codeLists.default({}).describe('lists of codes that its fields name'),
  limits: limits.prefault({}),
  owners: owners.default({}).describe('who answers for its data, by type; default for the others'),
  faultsPerDay: duration.default(faultsPerDay).describe('records a day may break a rule before their owner is told'),
  tls: tlsSchema.optional().describe('mutual TLS, or a certificate authority of the company'),
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
export type RpcDialect = z.infer<typeof rpc>
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
  return await readConfigFile(dir, 'systems.yaml', systemsFile, env, {
    leaveOut: withoutAbsent,
    complete: document => expandConnectors(dir, document),
  })
}

/** Without the systems that are optional and have no address here: nothing else of them need be told either. */
function withoutAbsent(document: unknown, filled: (text: string) => string): unknown {
  const { systems } = (document ?? {}) as { systems?: Record<string, { optional?: unknown; url?: unknown } | null> }
  if (systems === null || typeof systems !== 'object') return document
  const present = Object.entries(systems).filter(
    ([, one]) => !(one?.optional === true && (typeof one.url === 'string' ? filled(one.url) : '') === ''),
  )
  return { ...(document as object), systems: Object.fromEntries(present) }
}

/** For tests and tools: the same checks on a document in memory. */
export function parseSystems(document: unknown): SystemsFile {
  return systemsFile.parse(document)
}

/** The checks of one entry of systems.yaml, already completed by its connector. */
export function parseSystem(entry: unknown): z.ZodSafeParseResult<SystemDefinition> {
  return system.safeParse(entry)
}
