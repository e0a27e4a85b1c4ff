import { randomUUID } from 'node:crypto'
import { now, setClock } from '@atrium/platform/clock'
import { seal } from '@atrium/platform/secrets'
import * as client from 'openid-client'
import { generateSync } from 'otplib'
import { password } from '../../oidc/testing/accounts.ts'
import { TestBrowser } from '../../oidc/testing/browser.ts'
import type { TestIdp } from '../../oidc/testing/idp.ts'
import { authorizationRequest, relyingParty } from '../../oidc/testing/relying-party.ts'
import { newTotpSecret } from '../totp.ts'

/** Where somebody's sign-in stands: the page they see, or the application they came back to. */
export type Walk = {
  browser: TestBrowser
  url: URL
  status: number
  html: string
  headers: Headers
  /** The code for tokens, once the browser is back. */
  claims(): Promise<Claims>
  accessToken(): Promise<string>
}

/** What the ID token says, and what the access token (`access`) says. */
export type Claims = {
  auth_time?: number
  access: Record<string, unknown>
  accessToken: string
  [claim: string]: unknown
}

/** Opens the portal's sign-in; `params` go into the authorization request. */
export async function open(
  idp: TestIdp,
  o: { browser?: TestBrowser; params?: Record<string, string> } = {},
): Promise<Walk> {
  const rp = await relyingParty(idp, 'portal')
  const { url, checks } = await authorizationRequest(rp, `${idp.portal}/`, o.params)
  const browser = o.browser ?? new TestBrowser({ 'accept-language': 'en' })
  const claims = async (at: URL): Promise<Claims> => {
    const tokens = await client.authorizationCodeGrant(rp, at, checks, undefined, {})
    const idToken = tokens.claims()
    if (!idToken) throw new Error('there is no ID token')
    const access = JSON.parse(Buffer.from(tokens.access_token.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >
    return { ...idToken, access, accessToken: tokens.access_token }
  }
  return await walkOf(browser, await browser.follow(url), claims)
}

/** Opens it and gives the right name and password. */
export async function signIn(
  idp: TestIdp,
  username: string,
  o: { browser?: TestBrowser; params?: Record<string, string>; password?: string; remember?: boolean } = {},
): Promise<Walk> {
  const page = await open(idp, o)
  const remember: Record<string, string> = o.remember === false ? {} : { remember: 'yes' }
  return await submit(page, { username, password: o.password ?? password, ...remember })
}

/** Sends a form to the page where the walk stands, and follows it. */
export async function submit(walk: Walk, form: Record<string, string>): Promise<Walk> {
  return await again(walk, walk.url, { method: 'POST', body: new URLSearchParams(form) })
}

/** Goes to another address with the same browser; `at` may be relative to where the walk stands. */
export async function again(walk: Walk, at: URL | string, init: RequestInit = {}): Promise<Walk> {
  const { claimsAt } = walk as Walk & { claimsAt: (at: URL) => Promise<Claims> }
  return await walkOf(walk.browser, await walk.browser.follow(new URL(at, walk.url), init), claimsAt)
}

async function walkOf(
  browser: TestBrowser,
  { url, response }: { url: URL; response: Response },
  claimsAt: (at: URL) => Promise<Claims>,
): Promise<Walk> {
  const html = await response.text()
  const walk = { browser, url, status: response.status, html, headers: response.headers, claimsAt }
  return { ...walk, claims: () => claimsAt(url), accessToken: async () => (await claimsAt(url)).accessToken } as Walk
}

/** The last part of the address: which step the walk stands at. */
export const stepOf = (walk: Walk): string => walk.url.pathname.split('/').at(-1) ?? ''

/** Whether the browser came back to the portal with a code. */
export const isSignedIn = (idp: TestIdp, walk: Walk): boolean =>
  walk.url.origin === idp.portal && walk.url.searchParams.has('code')

/** A TOTP device of a person, as an authenticator application has it. */
export type Authenticator = { id: string; secret: string; code(steps?: number): string }

/** What an application with this secret shows `steps` time steps from now. */
export const codeOf = (secret: string, steps = 0): string =>
  generateSync({ secret, epoch: Math.floor(now().getTime() / 1000) + steps * 30 })

/** Gives somebody a TOTP device that was set up long ago. */
export async function giveTotp(idp: TestIdp, personId: string, db = idp.service.deps.db): Promise<Authenticator> {
  const secret = newTotpSecret()
  const id = randomUUID()
  await db
    .insertInto('factor')
    .values({
      id,
      person_id: personId,
      kind: 'totp',
      name: 'Phone',
      secret_sealed: seal(secret, idp.config.ENCRYPTION_KEY),
    })
    .execute()
  return { id, secret, code: steps => codeOf(secret, steps) }
}

/** Replaces the policy. */
export async function setPolicy(
  idp: TestIdp,
  policy: Record<string, unknown>,
  db = idp.service.deps.db,
): Promise<void> {
  await db
    .updateTable('sign_in_policy')
    .set({ policy: JSON.stringify(policy) })
    .execute()
}

/** After a test: the clock goes on, and nothing is left of what people set up, tried and are asked for. */
export async function forgetWalks(idp: TestIdp): Promise<void> {
  setClock()
  const { db } = idp.service.deps
  const tables = [
    'sign_in_throttle',
    'factor',
    'factor_challenge',
    'recovery_code',
    'known_device',
    'sign_in_progress',
  ] as const
  for (const table of tables) await db.deleteFrom(table).execute()
  await db.updateTable('person').set({ password_must_change: false }).where('password_must_change', '=', true).execute()
  await forgetPolicy(idp)
}

/** Back to the usual policy, at the pages as well, which keep what they show of it for a moment: what they read now is old at once. */
export async function forgetPolicy(idp: TestIdp): Promise<void> {
  await setPolicy(idp, {})
  setClock(() => new Date(Date.now() - 3_600_000))
  await fetch(`${idp.issuer}/brand/logo`)
  setClock()
}
