import { randomUUID } from 'node:crypto'
import { type Kysely, migrate, openDatabase, platformMigrate } from '@atrium/platform/database'
import { createApp, serve } from '@atrium/platform/http'
import { log } from '@atrium/platform/log'
import { testDatabase } from '@atrium/platform/testing'
import { vi } from 'vitest'
import { entry, startTestDirectory, type TestDirectory } from '../../access/directory.fixture.ts'
import { type People, startPeople } from '../../access/start-people.ts'
import type { PeopleTables } from '../../access/tables.ts'
import { readConfigFile } from '../../config.ts'
import type { Systems } from '../../systems/types.ts'
import { type Inbox, openInbox } from '../inbox.ts'
import { prepareRules, type Rules } from '../rules/plan.ts'
import { messagesFile } from '../rules/schema.ts'
import type { InboxTables } from '../tables.ts'

export type Tables = InboxTables & PeopleTables

/** The sample company's rules; what a test checks must hold for what is shipped. */
export const configDir = new URL('../../../../test/company/gateway', import.meta.url).pathname
export const webhookSecret = `whsec_${Buffer.from('a secret of twenty-four bytes!').toString('base64')}`
export const encryptionKey = Buffer.alloc(32, 7)

Object.assign(process.env, {
  CRM_WEBHOOK_SECRET: webhookSecret,
  CRM_URL: 'http://crm.test',
  OA_URL: 'http://oa.test',
  ERP_URL: 'http://erp.test',
  OA_POLL_MS: '100',
  OA_SETTLE_MS: '800',
  OA_DECIDE_TIMEOUT_MS: '500',
})

/** Real PostgreSQL, a real directory and issuer over HTTP, and people as the sample company has them. */
export interface World {
  db: Kysely<Tables>
  url: string
  directory: TestDirectory
  people: People
  /** a database without people, log rows or messages costs too long per test; people are told apart by fresh ids */
  hire(username: string): Promise<Colleague>
  clientToken(clientId: string, scope?: string): Promise<string>
  stop(): Promise<void>
}

export interface Colleague {
  id: string
  crm: string
  oa: string
  erp: string
}

export async function startWorld(): Promise<World> {
  const directory = await startTestDirectory()
  directory.put(entry('e0001', { roles: ['employee', 'general-manager'] }))
  const url = await testDatabase()
  const db = openDatabase<Tables>(url)
  await platformMigrate(db)
  await migrate(db, new URL('../../database/migrations/', import.meta.url))
  const people = startDirectoryReader(db, url, directory.issuer)
  await vi.waitFor(() => people.ready(), 15_000)
  return {
    db,
    url,
    directory,
    people,
    hire: async username => {
      const tag = `${username}-${randomUUID().slice(0, 8)}`
      const colleague = { id: `id-${tag}`, crm: `U-${tag}`, oa: `oa-${tag}`, erp: `erp-${tag}` }
      directory.put(
        entry(colleague.id, {
          zh: username,
          en: username,
          systems: Object.fromEntries(
            (['crm', 'oa', 'erp'] as const).map(s => [s, { id: colleague[s], roles: [], scope: 'own' }]),
          ),
        }),
      )
      await people.directoryChanged([colleague.id])
      return colleague
    },
    clientToken: (clientId, scope = 'events:write') => directory.token({ sub: clientId, client_id: clientId, scope }),
    stop: async () => {
      await people.stop()
      await db.destroy()
      await directory.stop()
    },
  }
}

/** The table `people`, kept by the real synchronisation. */
export function startDirectoryReader(db: Kysely<Tables>, url: string, issuer: string): People {
  return startPeople({
    db,
    config: { DATABASE_URL: url, ISSUER: issuer },
    tokens: { forService: async () => 'scim-token', forget: () => {} },
    log: log('test'),
    pollMs: 1000,
  })
}

/** Opens an inbox like one gateway does. */
export async function startGateway(
  world: Pick<World, 'db' | 'url' | 'people'>,
  systems: Systems,
  dir = configDir,
): Promise<Inbox> {
  return await openInbox({
    db: world.db,
    config: { DATABASE_URL: world.url, CONFIG_DIR: dir, RETRY_DELAYS: [50, 100, 200] },
    systems,
    people: world.people,
    encryptionKey,
    log: log('test'),
  })
}

/** That inbox's POST /events on a port of its own. */
export async function serveEvents(inbox: Inbox): Promise<{ url: string; stop(): Promise<void> }> {
  const app = createApp({ name: 'gateway' })
  app.use(inbox.routes.routes())
  return await serve(app, { name: 'gateway', port: 0, health: {} })
}

export async function sampleRules(): Promise<Rules> {
  return prepareRules(await readConfigFile(configDir, 'messages.yaml', messagesFile))
}

/** An approval of the OA as its changes carry it. */
export function approvalData(
  approvalId: string,
  assigneeId: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    approvalId,
    kind: 'CONTRACT',
    title: '合同审批：合肥皖泽新能源，2027 年度框架合同',
    requesterId: 'nobody',
    requesterName: '张伟',
    assigneeId,
    state: 'PENDING',
    amount: '3200000.00',
    currency: 'CNY',
    summary: '法务已审',
    submittedAt: '2026-11-20T09:00:00+08:00',
    version: 1,
    ...more,
  }
}

/** A CloudEvent of a source, with a fresh id. */
export function cloudEvent(source: string, type: string, data: unknown, more: Record<string, unknown> = {}) {
  return { specversion: '1.0' as const, id: randomUUID(), source, type, time: new Date().toISOString(), data, ...more }
}
