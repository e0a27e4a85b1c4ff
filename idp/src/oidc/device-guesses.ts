/**
 * Codes that people type for a device are short, so guessing them must not pay (RFC 8628 §5.1): an address has ten wrong ones in
 * ten minutes, which is as long as a code lives. An attempt is counted before it is looked at and taken back when it was not wrong:
 * a hundred sent at the same moment get no more tries than a hundred sent one after the other.
 */
import { audit } from '@atrium/platform/audit'
import type { Context } from 'koa'
import { CompiledQuery, type Kysely } from 'kysely'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import { deviceWaitPage } from '../sign-in/pages/device-pages.ts'
import type { ProviderMiddleware } from './context.ts'
import { routes } from './paths.ts'

/** How many wrong codes an address has, in how many seconds. */
export const guessRule = { free: 10, windowSeconds: 600 }

const { free, windowSeconds } = guessRule

/** Middleware of the posted device page: 429 for an address that has typed too many wrong codes. */
export function limitGuesses(db: Kysely<Schema>, config: Config): ProviderMiddleware {
  return async (ctx, next) => {
    if (ctx.method !== 'POST' || ctx.path !== routes.code_verification) return await next()
    const failures = await count(db, ctx.ip)
    if (failures === undefined) {
      const seconds = await secondsLeft(db, ctx.ip)
      ctx.set('Retry-After', String(seconds))
      return deviceWaitPage(ctx, seconds, config)
    }
    await next()
    if (!wrong.has(ctx.req)) await takeBack(db, ctx.ip)
    else if (failures === free) await record(db, ctx)
  }
}

const wrong = new WeakSet<object>()

/** Notes that the code which was typed is nobody's; the library says so to nothing but the page. */
export function noteWrongCode(ctx: Context, error: Error | undefined): void {
  if (error?.name === 'NotFoundError') wrong.add(ctx.req)
}

const over = `g.since < clock_timestamp() - interval '${windowSeconds} seconds'`
const countSql = `
  insert into user_code_guess as g (address, failures, since) values ($1, 1, clock_timestamp())
  on conflict (address) do update set
    failures = case when ${over} then 1 else g.failures + 1 end,
    since = case when ${over} then clock_timestamp() else g.since end
  where g.failures < ${free} or ${over}
  returning failures`

async function count(db: Kysely<Schema>, address: string): Promise<number | undefined> {
  const { rows } = await db.executeQuery<{ failures: number }>(CompiledQuery.raw(countSql, [address]))
  return rows[0]?.failures
}

const takeBackSql = 'update user_code_guess set failures = greatest(failures - 1, 0) where address = $1'

async function takeBack(db: Kysely<Schema>, address: string): Promise<void> {
  await db.executeQuery(CompiledQuery.raw(takeBackSql, [address]))
}

const leftSql = `
  select ceil(extract(epoch from since + interval '${windowSeconds} seconds' - clock_timestamp()))::int as seconds
  from user_code_guess where address = $1`

async function secondsLeft(db: Kysely<Schema>, address: string): Promise<number> {
  const { rows } = await db.executeQuery<{ seconds: number }>(CompiledQuery.raw(leftSql, [address]))
  return Math.max(1, rows[0]?.seconds ?? 1)
}

async function record(db: Kysely<Schema>, ctx: Context): Promise<void> {
  await audit(db, {
    actor: { id: 'anonymous', kind: 'person' },
    action: 'device.codes_guessed',
    target: { type: 'address', id: ctx.ip },
    outcome: 'refused',
    detail: { wrongCodes: free },
    ip: ctx.ip,
  })
}
