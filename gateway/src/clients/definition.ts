import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ConfigFileError, readConfigFile } from '../config.ts'

const count = z.number().int().positive()

const policy = z.strictObject({
  storedOnly: z.boolean().optional().describe('takes operations by their stored id only'),
  operations: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('the stored operations it may run; no other is run'),
  introspection: z
    .boolean()
    .optional()
    .describe('whether it may ask for the schema, where SCHEMA_INTROSPECTION allows it'),
  depth: count.optional(),
  breadth: count.optional(),
  cost: count.optional(),
  requestsPerMinute: count.optional(),
  burst: count
    .optional()
    .describe('requests it may send at once after a pause; a sixth of requestsPerMinute unless told'),
  per: z.enum(['client', 'person']).optional().describe('whether its people share the rate or have one each'),
  concurrent: count.optional().describe('queries and mutations under way at once'),
})

const file = z.strictObject({
  default: policy.prefault({}).describe('what every other client keeps to, and what a client does not say itself'),
  clients: z.record(z.string().min(1), policy).default({}),
})

export type ClientDefinition = z.infer<typeof policy>
export type ClientsFile = z.infer<typeof file>

/**
 * Reads clients.yaml: what each application (the `client_id` of its tokens) may ask, and how often. Without the file no
 * client is held to more than the limits of all.
 * @throws ConfigFileError naming every fault
 */
export async function readClientsFile(dir: string, env = process.env as Record<string, string | undefined>) {
  const found = await access(join(dir, 'clients.yaml')).then(
    () => true,
    () => false,
  )
  return found ? await readConfigFile(dir, 'clients.yaml', file, env) : parseClients({})
}

/** The same checks on a document in memory. */
export function parseClients(document: unknown): ClientsFile {
  return file.parse(document)
}

/** @throws ConfigFileError when a client is allowed an operation that is not stored */
export function checkOperations(clients: ClientsFile, stored: ReadonlyMap<string, unknown>): void {
  const faults = Object.entries({ ...clients.clients, default: clients.default }).flatMap(([id, one]) =>
    (one.operations ?? [])
      .filter(name => !stored.has(name))
      .map(name => `${id}: no stored operation is called ${name}`),
  )
  if (faults.length > 0) throw new ConfigFileError(`clients.yaml:\n  ${faults.join('\n  ')}`)
}
