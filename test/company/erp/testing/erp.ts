import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@atrium/platform/http'
import { freePort } from '@atrium/platform/testing'
import { type OHandler, o } from 'odata'
import { generateCompany } from '../../data/generate.ts'
import { createIssuer } from '../../web/issuer.ts'
import { createSessions } from '../../web/sessions.ts'
import { startTestIssuer } from '../../web/testing/issuer.ts'
import { createErpApp } from '../app.ts'
import type { ErpEvent } from '../business/events.ts'
import { fillOnce, openErpStore } from '../database/open.ts'
import { seed } from '../database/seed.ts'

export const TODAY = '2026-11-20'
export const CONTROL_TOKEN = 'test-control'

// biome-ignore lint/suspicious/noExplicitAny: an answer is whatever the service sent; the tests assert its content
export type Json = any
export type Answer = { status: number; body: Json; headers: Headers }

/** The ERP over HTTP on a fresh store, and people and accounts that call it. */
export async function startErp() {
  const issuer = await startTestIssuer()
  const folder = await mkdtemp(join(tmpdir(), 'erp-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const root = `${url}/odata/v4`
  const company = generateCompany({ today: TODAY })
  const db = openErpStore(folder)
  const events: ErpEvent[] = []
  fillOnce(db, () => seed(db, company))
  const app = createErpApp({
    db,
    publicUrl: url,
    issuer: createIssuer({ issuer: issuer.issuer, clientId: 'erp', clientSecret: 'secret' }),
    sessions: createSessions(db),
    today: () => TODAY,
    emit: event => events.push(event),
    controlToken: CONTROL_TOKEN,
  })
  const served = await serve(app, { name: 'erp', port, health: {} })

  const ask = async (
    token: string,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await fetch(`${root}/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }
  const caller = (token: string) => ({
    token,
    get: (path: string, headers?: Record<string, string>) => ask(token, 'GET', path, undefined, headers),
    post: (path: string, body: unknown, headers?: Record<string, string>) => ask(token, 'POST', path, body, headers),
    patch: (path: string, body: unknown, headers?: Record<string, string>) => ask(token, 'PATCH', path, body, headers),
    put: (path: string, body: unknown, headers?: Record<string, string>) => ask(token, 'PUT', path, body, headers),
  })
  const service = caller(await issuer.service('erp', 'gateway', 'service'))
  return {
    url,
    root,
    db,
    company,
    issuer,
    events,
    service,
    asClient: async (clientId: string, scope: string) => caller(await issuer.service('erp', clientId, scope)),
    /** A person with these native roles, provisioned as idp does it. */
    as: async (userId: string, roles: string[]) => {
      const { status } = await service.patch(`Users('${userId}')`, { Roles: roles, Active: true })
      if (status >= 400) throw new Error(`provisioning ${userId} failed with ${status}`)
      return caller(await issuer.user('erp', userId))
    },
    /** The npm client `odata` (o.js), which knows nothing of this service. */
    foreignClient: (token: string): OHandler =>
      o(`${root}/`, { headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } }),
    faults: (faults: object[]) =>
      fetch(`${url}/_control/faults`, {
        method: 'PUT',
        headers: { 'x-control-token': CONTROL_TOKEN, 'content-type': 'application/json' },
        body: JSON.stringify(faults),
      }),
    stop: async () => {
      await served.stop()
      db.close()
      await issuer.stop()
      await rm(folder, { recursive: true })
    },
  }
}
