import { randomBytes } from 'node:crypto'
import { readConfig } from '@atrium/platform/config'
import { migrate, openDatabase, platformMigrate } from '@atrium/platform/database'
import { createApp, serve } from '@atrium/platform/http'
import { log } from '@atrium/platform/log'
import { testDatabase } from '@atrium/platform/testing'
import { accountRoutes } from '../../account/routes.ts'
import { configSchema } from '../../config.ts'
import type { Schema } from '../../database/schema.ts'
import type { Deps } from '../../deps.ts'
import { importCompany } from '../../directory/import.ts'
import { importSchema } from '../../directory/import-schema.ts'
import { scimRoutes } from '../../directory/scim-routes.ts'
import { accessTokens } from '../../oidc/access-token.ts'
import { loadKeys } from '../../oidc/keys.ts'
import { revokedTokens } from '../../oidc/revocation.ts'
import { serviceTokens } from '../../oidc/service-token.ts'
import { countLiveSessions, endSessions } from '../../oidc/sessions.ts'
import { hashPassword } from '../../sign-in/password.ts'
import { adminRoutes } from '../routes.ts'
import { smallCompany } from './company.ts'

/** The actor of what a test does beforehand. */
export const setUp = { id: 'bootstrap', kind: 'client' as const }

/** Directory, roles, provisioning and admin API on a database of their own, with the provider's own keys and sessions. */
export async function startDirectory(
  o: { gatewayUrl?: string; fourEyes?: boolean; retryDelays?: string; issuer?: string } = {},
) {
  const url = await testDatabase()
  const db = openDatabase<Schema>(url)
  await platformMigrate(db)
  await migrate(db, new URL('../../database/migrations/', import.meta.url))
  const config = readConfig(configSchema, {
    DATABASE_URL: url,
    ISSUER: o.issuer ?? 'http://localhost:3001/realms/atrium',
    PORTAL_URL: 'http://localhost:3000',
    GATEWAY_URL: o.gatewayUrl ?? 'http://127.0.0.1:9',
    COOKIE_KEYS: randomBytes(16).toString('hex'),
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    GATEWAY_CLIENT_SECRET: 'a secret for the gateway',
    RETRY_DELAYS: o.retryDelays ?? '50,50,50,50,50,50,50,50,50,50',
    FOUR_EYES: String(o.fourEyes ?? false),
  })
  const access = accessTokens(config.ISSUER, { current: await loadKeys(db, config.ENCRYPTION_KEY) }, revokedTokens(db))
  const deps: Deps = {
    db,
    config,
    log: log('idp'),
    tokens: { issueServiceToken: serviceTokens(access), verifyAccessToken: jwt => access.verifyAccessToken(jwt) },
    sessions: { endSessions, countLiveSessions },
    hashPassword,
  }
  const app = createApp({ name: 'idp' })
  for (const router of [adminRoutes(deps), accountRoutes(deps), scimRoutes(deps)]) app.use(router.routes())
  const served = await serve(app, { name: 'idp', port: 0, health: {} })
  const token = (claims: { sub: string; client_id?: string; scope?: string; sid?: string }) =>
    access.signAccessToken({ aud: 'atrium', client_id: 'portal', ...claims })
  return {
    db,
    deps,
    url: served.url,
    token,
    /** A request as a person (`e0000`) or as a client with a scope (`client:bootstrap admin`). */
    as: (who: string) =>
      caller(served.url, who.startsWith('client:') ? asClient(token, who.slice(7)) : token({ sub: who })),
    importCompany: (company: Parameters<typeof importSchema.parse>[0] = smallCompany()) =>
      importCompany(deps, importSchema.parse(company), setUp),
    stop: async () => {
      await served.stop()
      await db.destroy()
    },
  }
}

function asClient(
  token: (claims: { sub: string; client_id: string; scope: string }) => Promise<string>,
  text: string,
): Promise<string> {
  const [client = '', ...scopes] = text.split(' ')
  return token({ sub: client, client_id: client, scope: scopes.join(' ') })
}

/** What came back, with its JSON read. */
// The tests look into answers of every shape; each expectation states the shape it wants.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Answered = { status: number; body: any; headers: Headers }

function caller(base: string, token: Promise<string>) {
  const request = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answered> => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await token}`,
        'accept-language': 'en',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
    })
    const text = await response.text()
    return { status: response.status, body: text ? JSON.parse(text) : null, headers: response.headers }
  }
  return {
    get: (path: string, headers?: Record<string, string>) => request('GET', path, undefined, headers),
    post: (path: string, body: unknown = {}, headers?: Record<string, string>) => request('POST', path, body, headers),
    put: (path: string, body: unknown, headers?: Record<string, string>) => request('PUT', path, body, headers),
    delete: (path: string, headers?: Record<string, string>) => request('DELETE', path, undefined, headers),
  }
}

/** Resolves when the condition holds; fails after 15 s. */
export async function until<T>(condition: () => Promise<T | false | undefined | null>): Promise<T> {
  for (let i = 0; i < 300; i++) {
    const value = await condition()
    if (value) return value
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('the condition did not come true within 15 s')
}
