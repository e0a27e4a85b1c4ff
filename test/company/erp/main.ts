import { setInterval as every } from 'node:timers'
import { now } from '@atrium/platform/clock'
import { readConfigOrExit } from '@atrium/platform/config'
import { serve } from '@atrium/platform/http'
import { log } from '@atrium/platform/log'
import { companyToday } from '../data/calendar.ts'
import { generateCompany } from '../data/generate.ts'
import { sampleConfig } from '../web/config.ts'
import { bearerDelivery } from '../web/deliver.ts'
import { createEventSender } from '../web/events.ts'
import { createIssuer } from '../web/issuer.ts'
import { createSessions } from '../web/sessions.ts'
import { createErpApp } from './app.ts'
import type { Emit } from './business/events.ts'
import { announceOverdue } from './business/invoices.ts'
import { announceLowStock } from './business/stock.ts'
import { fillOnce, inTransaction, openErpStore } from './database/open.ts'
import { seed } from './database/seed.ts'

/** How often invoices are looked through for those that became overdue. */
const DUE_CHECK_MS = 60_000
/** Alerts that stand open for the purchaser at the first start. */
const FIRST_ALERTS = 8

const config = readConfigOrExit(sampleConfig)
const issuer = createIssuer({ issuer: config.ISSUER, clientId: config.CLIENT_ID, clientSecret: config.CLIENT_SECRET })
const db = openErpStore(config.DATA_DIR)
const sender = createEventSender({
  db,
  source: '/erp',
  deliver: bearerDelivery({ url: `${config.GATEWAY_URL}/events`, issuer, resource: 'urn:atrium:api' }),
  retryDelays: config.RETRY_DELAYS,
})
const emit: Emit = event => sender.enqueue(event)
const today = () => companyToday(config.ATRIUM_TODAY, now())

fillOnce(db, () => {
  const company = generateCompany({ today: today() })
  seed(db, company)
  const erpUser = (username: string) => company.people.find(person => person.username === username)?.native.erp ?? ''
  announceLowStock(db, erpUser('chen.jie'), FIRST_ALERTS, emit)
  announceOverdue(db, today(), emit, [erpUser('li.na'), erpUser('zhang.wei')])
})

const announceDue = () => {
  try {
    inTransaction(db, () => announceOverdue(db, today(), emit))
  } catch (error) {
    log('erp').error({ err: error }, 'looking for overdue invoices failed')
  }
}
announceDue()
const dueCheck = every(announceDue, DUE_CHECK_MS)

const app = createErpApp({
  db,
  publicUrl: config.PUBLIC_URL.replace(/\/$/, ''),
  issuer,
  sessions: createSessions(db),
  today,
  emit,
  controlToken: config.CONTROL_TOKEN,
})
await serve(app, {
  name: 'erp',
  port: config.PORT,
  host: config.HOST,
  health: { store: async () => void db.prepare('SELECT 1 FROM user LIMIT 1').get() },
  onStop: async () => {
    clearInterval(dueCheck)
    await sender.stop()
    db.close()
  },
})
sender.start()
