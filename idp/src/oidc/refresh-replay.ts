/**
 * Several tabs refresh with one token at once, or an answer is lost on the way and the client asks again. Neither is theft,
 * and neither may cost the person the session. The rule, for one refresh token:
 *
 *   unused ──first use──► consumed; the answer is kept 3 s ──3 s──► any further use revokes the grant (library)
 *                             └─ a second use: it cannot consume, and gets the same answer
 *
 * So there is one successor, whoever asks how often. The answer is sealed under a key that only the old token yields.
 */
import { hkdfSync } from 'node:crypto'
import { open, seal, sha256 } from '@atrium/platform/secrets'
import { CompiledQuery, type Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { reuseIntervalMs } from './adapter.ts'
import type { ProviderMiddleware } from './context.ts'
import { unwrapRefreshToken, wrapRefreshToken } from './refresh-token.ts'
import { asTokenWork, finish, TokenWork } from './token-work.ts'

type Context = Parameters<ProviderMiddleware>[0]

/** Middleware of the token endpoint: wraps refresh tokens, stores a refresh in one piece, answers those who lost the race. */
export function refreshReplay(db: Kysely<Schema>, tokenPath: string): ProviderMiddleware {
  return async (ctx, next) => {
    if (ctx.method !== 'POST' || ctx.path !== tokenPath) return await next()
    const work = new TokenWork()
    await asTokenWork(work, next)
    wrapIssued(ctx)
    const presented = work.consumed ? String(ctx.oidc.params?.refresh_token) : undefined
    const clientId = ctx.oidc.client?.clientId
    if (ctx.status !== 200 || !presented || !clientId) return
    await settle(db, ctx, work, { token: unwrapRefreshToken(presented), clientId })
  }
}

function wrapIssued(ctx: Context): void {
  const body = ctx.body as { refresh_token?: string } | undefined
  const issued = ctx.status === 200 ? ctx.oidc.entities.RefreshToken : undefined
  if (!body?.refresh_token || !issued) return
  const iat = Math.floor(Date.now() / 1000)
  body.refresh_token = wrapRefreshToken(body.refresh_token, { iat, exp: iat + issued.remainingTTL })
}

type Use = { token: string; clientId: string }

async function settle(db: Kysely<Schema>, ctx: Context, work: TokenWork, use: Use): Promise<void> {
  const answer = {
    keyHash: keyHash(use),
    sealed: seal(JSON.stringify(ctx.body), keyOf(use)),
    expiresAt: new Date(Date.now() + reuseIntervalMs),
  }
  if (await finish(db, work, answer)) return
  // Losing means that the winner has committed, its answer included.
  const kept = await keptAnswer(db, use)
  ctx.status = kept ? 200 : 400
  ctx.body = kept ?? { error: 'invalid_grant', error_description: 'grant request is invalid' }
}

const keptSql = 'select sealed from refresh_replay where key_hash = $1 and expires_at > $2'

async function keptAnswer(db: Kysely<Schema>, use: Use): Promise<object | undefined> {
  const { rows } = await db.executeQuery<{ sealed: string }>(CompiledQuery.raw(keptSql, [keyHash(use), new Date()]))
  return rows[0] && (JSON.parse(open(rows[0].sealed, keyOf(use))) as object)
}

function keyHash({ token, clientId }: Use): string {
  return sha256(`${token}|${clientId}`)
}

function keyOf({ token, clientId }: Use): Buffer {
  return Buffer.from(hkdfSync('sha256', token, clientId, 'atrium refresh replay', 32))
}
