import { readConfigOrExit } from '@atrium/platform/config'
import { migrate, openDatabase, ping, platformMigrate } from '@atrium/platform/database'
import { serve } from '@atrium/platform/http'
import { log } from '@atrium/platform/log'
import { startTelemetry } from '@atrium/platform/telemetry'
import { buildApp } from './app.ts'
import { configSchema } from './config.ts'
import type { Database } from './database/schema.ts'

const config = readConfigOrExit(configSchema)
const telemetry = await startTelemetry('gateway')
const db = openDatabase<Database>(config.DATABASE_URL, { applicationName: 'gateway', max: 20, lanes: 4 })
await platformMigrate(db)
await migrate(db, new URL('./database/migrations/', import.meta.url))
const app = await buildApp(config, db).catch((error: Error & { code?: string }) => {
  // A mistake in the configuration is told in its own words; anything else with its place.
  if (error.code?.endsWith('_FAULT') || error.code === 'CONFIG_FILE') process.stderr.write(`${error.message}\n`)
  else log('gateway').fatal({ err: error }, 'the gateway cannot start')
  process.exit(2)
})
let sockets: { close(): Promise<void> } | undefined
const { server } = await serve(app.koa, {
  name: 'gateway',
  port: config.PORT,
  host: config.HOST,
  health: { database: () => ping(db), ...app.health },
  onStop: async () => {
    await sockets?.close()
    await app.stop()
    await db.destroy()
    await telemetry.stop()
  },
})
sockets = app.serveSockets(server)
