import { readConfigOrExit } from '@atrium/platform/config'
import { openDatabase } from '@atrium/platform/database'
import { configSchema } from './config.ts'
import type { Schema } from './database/schema.ts'
import { rotateKeys } from './oidc/keys.ts'

// `node idp/src/rotate-keys.ts` with the service's own environment; afterwards restart each replica of idp, no client.
const config = readConfigOrExit(configSchema.pick({ DATABASE_URL: true, ENCRYPTION_KEY: true }))
const db = openDatabase<Schema>(config.DATABASE_URL, { max: 1 })
const made = await rotateKeys(db, config.ENCRYPTION_KEY)
process.stdout.write(
  `New signing keys: ${made.join(', ')}. They sign from the next start of idp on; the old ones go on verifying.\n`,
)
await db.destroy()
