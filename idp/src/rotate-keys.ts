import { readConfigOrExit } from '@atrium/platform/config'
import { openDatabase } from '@atrium/platform/database'
import { configSchema } from './config.ts'
import type { Schema } from './database/schema.ts'
import { beginRotation } from './oidc/key-rotation.ts'

// `node idp/src/rotate-keys.ts` with the service's own environment; nothing has to be restarted.
const config = readConfigOrExit(
  configSchema.pick({ DATABASE_URL: true, ENCRYPTION_KEY: true, KEY_PUBLICATION_SECONDS: true }),
)
const db = openDatabase<Schema>(config.DATABASE_URL, { max: 1 })
const made = await beginRotation(db, config.ENCRYPTION_KEY, { actor: { id: 'rotate-keys', kind: 'system' } })
process.stdout.write(
  made.length > 0
    ? `New signing keys: ${made.join(', ')}. Running replicas publish them now and sign with them ${config.KEY_PUBLICATION_SECONDS} s after all of them do.\n`
    : 'A rotation is under way already: no further keys were made.\n',
)
await db.destroy()
