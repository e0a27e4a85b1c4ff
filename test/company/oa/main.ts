import { now } from '@atrium/platform/clock'
import { readConfigOrExit } from '@atrium/platform/config'
import { serve } from '@atrium/platform/http'
import { companyToday } from '../data/calendar.ts'
import { generateCompany } from '../data/generate.ts'
import { sampleConfig } from '../web/config.ts'
import { createIssuer } from '../web/issuer.ts'
import { createSessions } from '../web/sessions.ts'
import { createOaApp } from './app.ts'
import { fillOnce, openOaStore } from './database/open.ts'
import { seed } from './database/seed.ts'

const config = readConfigOrExit(sampleConfig)
const db = openOaStore(config.DATA_DIR)
fillOnce(db, () => seed(db, generateCompany({ today: companyToday(config.ATRIUM_TODAY, now()) })))

const app = await createOaApp({
  db,
  publicUrl: config.PUBLIC_URL.replace(/\/$/, ''),
  issuer: createIssuer({ issuer: config.ISSUER, clientId: config.CLIENT_ID, clientSecret: config.CLIENT_SECRET }),
  sessions: createSessions(db),
  controlToken: config.CONTROL_TOKEN,
})
await serve(app, {
  name: 'oa',
  port: config.PORT,
  host: config.HOST,
  health: { store: async () => void db.prepare('SELECT 1 FROM user LIMIT 1').get() },
  onStop: async () => db.close(),
})
