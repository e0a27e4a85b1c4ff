import { readConfigOrExit } from '@atrium/platform/config'
import { serve } from '@atrium/platform/http'
import { z } from 'zod'
import { companyToday } from '../data/calendar.ts'
import { sampleConfig } from '../web/config.ts'
import { signedDelivery } from '../web/deliver.ts'
import { createEventSender, eventSchema } from '../web/events.ts'
import { createIssuer } from '../web/issuer.ts'
import { sessionSchema } from '../web/sessions.ts'
import { openStore } from '../web/store.ts'
import { createCrm } from './app.ts'
import { startReminders } from './reminders.ts'
import { crmSchema } from './schema.ts'
import { seedOnce } from './seed.ts'

const config = readConfigOrExit(
  sampleConfig.extend({
    WEBHOOK_SECRET: z.string().min(16).describe('Signs events to the gateway (Standard Webhooks, whsec_ + base64)'),
    REMINDER_INTERVAL_MS: z.coerce
      .number()
      .int()
      .min(100)
      .default(10_000)
      .describe('How often to look for due follow-ups'),
  }),
)

const db = openStore(config.DATA_DIR, 'crm.sqlite', crmSchema, sessionSchema, eventSchema)
const events = createEventSender({
  db,
  source: '/crm',
  deliver: signedDelivery({ url: `${config.GATEWAY_URL}/events`, secret: config.WEBHOOK_SECRET }),
  retryDelays: config.RETRY_DELAYS,
})
seedOnce(db, companyToday(config.ATRIUM_TODAY), events)

const issuer = createIssuer({ issuer: config.ISSUER, clientId: config.CLIENT_ID, clientSecret: config.CLIENT_SECRET })
const app = createCrm({ db, issuer, events, publicUrl: config.PUBLIC_URL, controlToken: config.CONTROL_TOKEN })
let reminders: { stop(): void } | undefined
await serve(app, {
  name: 'crm',
  port: config.PORT,
  host: config.HOST,
  health: { store: async () => void db.prepare('SELECT 1').get() },
  onStop: async () => {
    reminders?.stop()
    await events.stop()
    db.close()
  },
})
events.start()
reminders = startReminders(db, events, config.REMINDER_INTERVAL_MS)
