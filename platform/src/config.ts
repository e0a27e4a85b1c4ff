import { z } from 'zod'

/** All faults of a configuration at once, one line each. */
export class ConfigError extends Error {
  readonly faults: string[]

  constructor(faults: string[]) {
    super(`The configuration has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n  ${faults.join('\n  ')}`)
    this.name = 'ConfigError'
    this.faults = faults
  }
}

/**
 * Reads and checks environment variables against a schema.
 * @throws ConfigError naming every missing or malformed variable
 */
export function readConfig<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv = process.env): z.infer<S> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).map(name => [name, env[name] === '' ? undefined : env[name]]),
  )
  const result = schema.safeParse(given)
  if (result.success) return result.data
  throw new ConfigError(
    result.error.issues.map(issue => {
      const name = String(issue.path[0] ?? '')
      return given[name] === undefined
        ? `${name} is missing: ${describe(schema.shape[name])}`
        : `${name}: ${issue.message}`
    }),
  )
}

/** Like readConfig, for `main.ts`: prints the faults and ends the process with code 2. */
export function readConfigOrExit<S extends z.ZodObject>(schema: S): z.infer<S> {
  try {
    return readConfig(schema)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
}

/** One row per variable, for the table in the README. */
export function describeConfig(
  schema: z.ZodObject,
): { name: string; required: boolean; default: string; description: string }[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const absent = (field as z.ZodType).safeParse(undefined)
    return {
      name,
      required: !absent.success,
      default: absent.success && absent.data !== undefined ? String(absent.data) : '',
      description: describe(field),
    }
  })
}

function describe(field: unknown): string {
  return (field as z.ZodType | undefined)?.description ?? 'no description'
}

/** A comma-separated list of non-empty texts. */
export const listOfText = z.string().transform(text =>
  text
    .split(',')
    .map(part => part.trim())
    .filter(Boolean),
)

/** A comma-separated list of delays in milliseconds. */
export const listOfMilliseconds = z
  .string()
  .regex(/^\d+(,\d+)*$/, 'expected whole milliseconds separated by commas, e.g. 1000,5000')
  .transform(text => text.split(',').map(Number))

/** A TCP port. */
export const port = z.coerce.number().int().min(0).max(65535)

/** 32 random bytes in base64, as `openssl rand -base64 32` prints them. */
export const encryptionKey = z
  .string()
  .transform(text => Buffer.from(text, 'base64'))
  .refine(key => key.length === 32, 'expected 32 bytes in base64 (openssl rand -base64 32)')
