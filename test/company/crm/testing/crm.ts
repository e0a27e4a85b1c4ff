import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { serve } from '@atrium/platform/http'
import { freePort } from '@atrium/platform/testing'
import type { CloudEvent } from '../../web/events.ts'
import { createEventSender, type EventSender, eventSchema } from '../../web/events.ts'
import { createIssuer } from '../../web/issuer.ts'
import { sessionSchema } from '../../web/sessions.ts'
import { openStore } from '../../web/store.ts'
import { startTestIssuer, type TestIssuer } from '../../web/testing/issuer.ts'
import { createCrm } from '../app.ts'
import { crmSchema } from '../schema.ts'
import { seedOnce } from '../seed.ts'
import { type CrmRole, setRoles } from '../users.ts'

export const TODAY = '2026-11-20'

/** A CRM with the sample company, listening, and an issuer whose tokens it takes. Events are caught instead of sent. */
export type TestCrm = {
  url: string
  db: DatabaseSync
  issuer: TestIssuer
  events: EventSender
  sent: CloudEvent[]
  give(userId: string, ...roles: CrmRole[]): void
  /** Calls the API as a user (`U-1001`), or with a whole Authorization header, or as nobody. */
  call(
    who: string | null,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>
  scim(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  stop(): Promise<void>
}

// biome-ignore lint/suspicious/noExplicitAny: an answer is what the test says it is
export type Answer = { status: number; type: string; headers: Headers; body: any }

export async function startTestCrm(): Promise<TestCrm> {
  const folder = await mkdtemp(join(tmpdir(), 'crm-test-'))
  const issuer = await startTestIssuer()
  const db = openStore(folder, 'crm.sqlite', crmSchema, sessionSchema, eventSchema)
  const sent: CloudEvent[] = []
  const events = createEventSender({
    db,
    source: '/crm',
    retryDelays: [20],
    deliver: async event => {
      sent.push(event)
      return { outcome: 'delivered' }
    },
  })
  seedOnce(db, TODAY, events)
  const port = await freePort()
  const publicUrl = `http://localhost:${port}`
  const app = createCrm({
    db,
    issuer: createIssuer({ issuer: issuer.issuer, clientId: 'crm', clientSecret: 'not used here' }),
    events,
    publicUrl,
    controlToken: 'control',
  })
  const served = await serve(app, { name: 'crm', port, health: {} })
  events.start()

  const request = async (
    method: string,
    url: string,
    headers: Record<string, string>,
    body: unknown,
  ): Promise<Answer> => {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const type = response.headers.get('content-type') ?? ''
    return {
      status: response.status,
      type,
      headers: response.headers,
      body: type.includes('json') && text ? JSON.parse(text) : text,
    }
  }
  const authorization = async (who: string | null): Promise<Record<string, string>> => {
    if (!who) return {}
    return { authorization: who.startsWith('U-') ? `Bearer ${await issuer.user('crm', who)}` : who }
  }
  return {
    url: publicUrl,
    db,
    issuer,
    events,
    sent,
    give: (userId, ...roles) => {
      if (!setRoles(db, userId, roles)) throw new Error(`no user ${userId}`)
    },
    call: async (who, method, path, body, headers) =>
      await request(method, `${publicUrl}/api/v1${path}`, { ...(await authorization(who)), ...headers }, body),
    scim: async (method, path, body, headers) =>
      await request(
        method,
        `${publicUrl}/scim/v2${path}`,
        {
          authorization: `Bearer ${await issuer.service('crm', 'idp', 'scim')}`,
          'content-type': 'application/scim+json',
          ...headers,
        },
        body,
      ),
    stop: async () => {
      await served.stop()
      await events.stop()
      db.close()
      await issuer.stop()
      await rm(folder, { recursive: true })
    },
  }
}
