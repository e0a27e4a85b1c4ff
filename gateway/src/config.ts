import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'

const milliseconds = z.coerce.number().int().positive()

/** Everything the gateway reads from its environment; the table in the README is made from it. */
export const configSchema = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(3002).describe('port to listen on'),
  HOST: z.string().default('127.0.0.1').describe('address to listen on'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('least severe level that is logged'),
  DATABASE_URL: z.string().min(1).describe('PostgreSQL database of the gateway, ≥ 15'),
  ISSUER: z.url().describe('OpenID Connect issuer that signs the tokens accepted here'),
  PORTAL_URL: z.url().describe('origin of the portal, allowed by CORS'),
  CLIENT_ID: z.string().default('gateway').describe('client of the gateway at the issuer'),
  CLIENT_SECRET: z.string().min(1).describe('secret of that client'),
  ENCRYPTION_KEY: z
    .string()
    .refine(text => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes in base64')
    .describe('key that seals secrets at rest, 32 bytes in base64'),
  CONFIG_DIR: z
    .string()
    .min(1)
    .describe(
      'folder with systems.yaml, messages.yaml, boards.yaml, provisioning.yaml and, if wanted, widgets.yaml, clients.yaml, operations/ and connectors/',
    ),
  RETRY_DELAYS: z
    .string()
    .regex(/^\d+(,\d+)*$/, 'must be milliseconds separated by commas')
    .optional()
    .transform(text => text?.split(',').map(Number))
    .describe('delays between attempts of a delivery, ms, separated by commas'),
  REQUEST_BUDGET_MS: milliseconds
    .default(8000)
    .describe('time a GraphQL request may take; every call to a system gets a share'),
  MAX_DEPTH: z.coerce.number().int().positive().default(9).describe('deepest nesting a query may have'),
  MAX_BREADTH: z.coerce.number().int().positive().default(400).describe('most fields and aliases a query may select'),
  MAX_COST: z.coerce
    .number()
    .int()
    .positive()
    .default(20_000)
    .describe('most values a query may ask for, lists multiplied by their size'),
  SCHEMA_INTROSPECTION: z.stringbool().default(true).describe('whether the schema may be introspected'),
})

export type Config = z.infer<typeof configSchema>

/** A configuration file breaks its schema; `message` lists every fault with its place. */
export class ConfigFileError extends Error {
  readonly code = 'CONFIG_FILE'
}

/**
 * Reads `<dir>/<file>` as YAML, puts environment variables in the place of `${NAME}` (`${NAME:-default}` when it may be
 * absent) and checks the result.
 * @param steps `leaveOut` takes from the document what its variables need not be there for; `complete` adds to it before it
 * is checked
 * @throws ConfigFileError naming every fault
 */
export async function readConfigFile<T>(
  dir: string,
  file: string,
  schema: z.ZodType<T>,
  env: Record<string, string | undefined> = process.env,
  steps: {
    leaveOut?: (document: unknown, filled: (text: string) => string) => unknown
    complete?: (document: unknown) => Promise<unknown>
  } = {},
): Promise<T> {
  const path = join(dir, file)
  const faults: string[] = []
  const source = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigFileError(`${path} cannot be read: ${error.code ?? error.message}`)
  })
  let document: unknown
  try {
    const raw: unknown = parse(source)
    const filled = (text: string): string => String(fillPlaceholders(text, env, []))
    document = fillPlaceholders(steps.leaveOut?.(raw, filled) ?? raw, env, faults)
  } catch (error) {
    throw new ConfigFileError(`${path} is not YAML: ${(error as Error).message}`)
  }
  if (steps.complete && faults.length === 0) document = await steps.complete(document)
  const result = schema.safeParse(document)
  for (const issue of result.error?.issues ?? []) faults.push(`${issue.path.join('.') || '(root)'}: ${issue.message}`)
  if (!result.success || faults.length > 0) throw new ConfigFileError(`${path}:\n  ${faults.join('\n  ')}`)
  return result.data
}

// Placeholders are filled in the parsed values: a variable's content can then never change the structure of the file.
function fillPlaceholders(value: unknown, env: Record<string, string | undefined>, faults: string[]): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}/g, (_, name: string, fallback?: string) => {
      const text = env[name] || fallback
      if (text === undefined) faults.push(`the environment variable ${name} is not set`)
      return text ?? ''
    })
  }
  if (Array.isArray(value)) return value.map(item => fillPlaceholders(item, env, faults))
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillPlaceholders(item, env, faults)]))
  }
  return value
}
