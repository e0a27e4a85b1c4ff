/**
 * Several tabs refresh with one token at once, or an answer is lost on the way and the client asks again. Neither is theft,
 * and neither may cost the person the session. The rule, for one refresh token:
 *
 *   unused ──first use──► consumed; the answer is kept 3 s ──3 s──► any further use revokes the grant (library)
 *                             └─ a second use: `consume` fails, and here it gets the same answer
 *
 * So there is one successor, whoever asks how often. The answer is sealed under a key that only the old token yields.
 */
import { hkdfSync } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Kysely } from '@atrium/platform/database'
import { open, seal, sha256 } from '@atrium/platform/secrets'
import type { Schema } from '../database/schema.ts'
import { reuseIntervalMs } from './adapter.ts'
import type { ProviderMiddleware } from './context.ts'
import { unwrapRefreshToken, wrapRefreshToken } from './refresh-token.ts'

const pollMs = 15

/** Middleware of the token endpoint: wraps refresh tokens, keeps the answer to a refresh, and gives it to those who lost the race. */
export function refreshReplay(db: Kysely<Schema>, tokenPath: string): ProviderMiddleware {
  return async (ctx, next) => {
    await next()
    if (ctx.method !== 'POST' || ctx.path !== tokenPath) return
    wrapIssued(ctx)
    const { params, client } = ctx.oidc
    if (params?.grant_type !== 'refresh_token' || typeof params.refresh_token !== 'string' || !client) return
    const token = unwrapRefreshToken(params.refresh_token)
    if (ctx.status === 200) {
      await keep(db, token, client.clientId, ctx.body)
    } else if (ctx.status === 400 && (ctx.body as { error?: string }).error === 'invalid_grant') {
      const answer = await answerOfWinner(db, token, client.clientId)
      if (!answer) return
      ctx.status = 200
      ctx.body = answer
    }
  }
}

function wrapIssued(ctx: Parameters<ProviderMiddleware>[0]): void {
  const body = ctx.body as { refresh_token?: string } | undefined
  const issued = ctx.status === 200 ? ctx.oidc.entities.RefreshToken : undefined
  if (!body?.refresh_token || !issued) return
  const iat = Math.floor(Date.now() / 1000)
  body.refresh_token = wrapRefreshToken(body.refresh_token, { iat, exp: iat + issued.remainingTTL })
}

async function keep(db: Kysely<Schema>, token: string, clientId: string, body: unknown): Promise<void> {
  await db
    .insertInto('refresh_replay')
    .values({
      key_hash: keyHash(token, clientId),
      sealed: seal(JSON.stringify(body), keyOf(token, clientId)),
      expires_at: new Date(Date.now() + reuseIntervalMs),
    })
    .onConflict(conflict => conflict.doNothing())
    .execute()
}

/** What the winner of the race got; waits for it while it is still being made. */
async function answerOfWinner(db: Kysely<Schema>, token: string, clientId: string): Promise<object | undefined> {
  const consumed = await db
    .selectFrom('oidc_model')
    .select('consumed_at')
    .where('model', '=', 'RefreshToken')
    .where('id_hash', '=', sha256(token))
    .executeTakeFirst()
  const until = (consumed?.consumed_at?.getTime() ?? 0) + reuseIntervalMs
  while (Date.now() < until) {
    const kept = await db
      .selectFrom('refresh_replay')
      .select('sealed')
      .where('key_hash', '=', keyHash(token, clientId))
      .where('expires_at', '>', new Date())
      .executeTakeFirst()
    if (kept) return JSON.parse(open(kept.sealed, keyOf(token, clientId))) as object
    await wait(pollMs)
  }
  return undefined
}

function keyHash(token: string, clientId: string): string {
  return sha256(`${token}|${clientId}`)
}

function keyOf(token: string, clientId: string): Buffer {
  return Buffer.from(hkdfSync('sha256', token, clientId, 'atrium refresh replay', 32))
}
