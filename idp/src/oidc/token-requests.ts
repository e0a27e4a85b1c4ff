/**
 * Several tabs refresh with one token at once, or an answer is lost on the way and the client asks again. Neither is theft,
 * and neither may cost the person the session. The rule, for one refresh token:
 *
 *   unused ──first use──► consumed; the answer is kept 3 s ──3 s──► any further use revokes the grant (library)
 *                             └─ a second use: it cannot consume, and gets the same answer
 *
 * So there is one successor, whoever asks how often. The answer is sealed under a key that only the old token yields. A code
 * is never answered twice: its second use ends what the first one gave (RFC 6749 §4.1.2).
 */
import { hash } from 'node:crypto'
import { execute, type Kysely } from '@atrium/platform/database'
import { open, seal } from '@atrium/platform/secrets'
import type { Schema } from '../database/schema.ts'
import { reuseIntervalMs } from './adapter.ts'
import type { ProviderMiddleware } from './context.ts'
import { flush } from './flush.ts'
import { flushAlone, onlySession } from './one-session.ts'
import { unwrapRefreshToken, wrapRefreshToken } from './refresh-token.ts'
import { AuthorizationWork, asAuthorizationWork, asTokenWork, TokenWork } from './request-work.ts'
import { endGrantOf, finish } from './rows.ts'
import { deviceHashOf, sessionDevice } from './session-device.ts'

type Context = Parameters<ProviderMiddleware>[0]

const begun = new WeakMap<object, AuthorizationWork>()

/** Lets what a sign-in has to write be written with what the authorization request that it ends in has to write. */
export function beginWork(ctx: object, work: AuthorizationWork): void {
  begun.set(ctx, work)
}

const workBegun = (ctx: object): AuthorizationWork | undefined => begun.get(ctx)

/** Middleware of the token endpoint: wraps refresh tokens, stores what a request did in one piece, answers those who lost a race. */
export function tokenRequests(db: Kysely<Schema>, tokenPath: string): ProviderMiddleware {
  return async (ctx, next) => {
    if (ctx.method !== 'POST' || ctx.path !== tokenPath) return await next()
    const work = new TokenWork()
    await asTokenWork(work, next)
    if (ctx.status !== 200) return
    wrapIssued(ctx)
    if (work.consumed?.model === 'RefreshToken') await finishRefresh(db, ctx, work)
    else if (work.consumed) await finishCode(db, ctx, work)
  }
}

/**
 * Middleware of the authorization endpoint: what it stores is stored in one statement before the answer leaves.
 * @param deviceCookie the name of the cookie by which a browser is known again
 */
export function authorizationRequests(db: Kysely<Schema>, path: string, deviceCookie: string): ProviderMiddleware {
  return async (ctx, next) => {
    if (ctx.path !== path && !ctx.path.startsWith(`${path}/`)) return await next()
    const work = workBegun(ctx) ?? new AuthorizationWork()
    work.device ??= sessionDevice(ctx, deviceHashOf(ctx, deviceCookie))
    await asAuthorizationWork(work, next)
    const only = onlySession(ctx)
    if (only) await flushAlone(db, work, only)
    else await flush(db, work)
  }
}

function wrapIssued(ctx: Context): void {
  const body = ctx.body as { refresh_token?: string } | undefined
  const issued = ctx.oidc.entities.RefreshToken
  if (!body?.refresh_token || !issued) return
  const iat = Math.floor(Date.now() / 1000)
  body.refresh_token = wrapRefreshToken(body.refresh_token, { iat, exp: iat + issued.remainingTTL })
}

async function finishCode(db: Kysely<Schema>, ctx: Context, { consumed, successor }: TokenWork): Promise<void> {
  if (!consumed || (await finish(db, consumed, successor, undefined))) return
  await endGrantOf(db, consumed)
  refuse(ctx)
}

async function finishRefresh(db: Kysely<Schema>, ctx: Context, { consumed, successor }: TokenWork): Promise<void> {
  const client = ctx.oidc.client
  if (!consumed || !client) throw new Error('a refresh without client or token')
  const use = { token: unwrapRefreshToken(String(ctx.oidc.params?.refresh_token)), clientId: client.clientId }
  // The text that is kept is also what is sent; the type of the answer is set by now.
  const text = JSON.stringify(ctx.body)
  ctx.body = text
  const answer = {
    keyHash: keyHash(use),
    sealed: seal(text, keyOf(use)),
    expiresAt: new Date(Date.now() + reuseIntervalMs),
  }
  if (await finish(db, consumed, successor, answer)) return
  // Losing means that the winner has committed, its answer included.
  const kept = await keptAnswer(db, use)
  if (kept) ctx.body = kept
  else refuse(ctx)
}

function refuse(ctx: Context): void {
  ctx.status = 400
  ctx.body = { error: 'invalid_grant', error_description: 'grant request is invalid' }
}

type Use = { token: string; clientId: string }

const keptSql = 'select sealed from refresh_replay where key_hash = $1 and expires_at > $2'

async function keptAnswer(db: Kysely<Schema>, use: Use): Promise<string | undefined> {
  const { rows } = await execute<{ sealed: string }>(db, keptSql, [keyHash(use), new Date()])
  return rows[0] && open(rows[0].sealed, keyOf(use))
}

function keyHash({ token, clientId }: Use): string {
  return hash('sha256', `${token}|${clientId}`, 'base64url')
}

/** The token is 256 bits of chance, so one hash of it, apart from the one that names the row, is a key. */
function keyOf({ token, clientId }: Use): Buffer {
  return hash('sha256', `atrium refresh answer|${clientId}|${token}`, 'buffer')
}
