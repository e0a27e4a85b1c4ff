import { audit } from '@atrium/platform/audit'
import { sha256 } from '@atrium/platform/secrets'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import { setPasswordHash } from '../directory/accounts.ts'
import { firstPasswordPage, linkSpentPage } from './pages/first-password-page.ts'
import { languageOf, texts } from './pages/texts.ts'
import { hashPassword } from './password.ts'

const formSchema = z.object({ password: z.string().min(12).max(200), again: z.string() })

/** The page of a one-time link, `/first-password/:secret` below the issuer. */
export function firstPasswordRoutes(parts: { db: Kysely<Schema>; config: Config }): Router {
  const { db, config } = parts
  const router = new Router()
  router.get('/first-password/:secret', async ctx => {
    if (await personOf(db, ctx.params.secret)) firstPasswordPage(ctx, {}, config)
    else linkSpentPage(ctx, config)
  })
  router.post('/first-password/:secret', bodyParser({ enableTypes: ['form'], formLimit: '8kb' }), async ctx => {
    const text = texts[languageOf(ctx)]
    if (!(await personOf(db, ctx.params.secret))) return linkSpentPage(ctx, config)
    const form = formSchema.safeParse(ctx.request.body ?? {})
    if (!form.success) return firstPasswordPage(ctx, { fault: text.passwordShort }, config)
    if (form.data.password !== form.data.again) return firstPasswordPage(ctx, { fault: text.passwordsDiffer }, config)
    const hash = await hashPassword(form.data.password)
    const used = await db.transaction().execute(async trx => {
      // The row is deleted by whoever comes first: of ten simultaneous uses one sets the password.
      const taken = await sql<{ person_id: string }>`
        delete from one_time_link where secret_hash = ${sha256(ctx.params.secret ?? '')} and expires_at > clock_timestamp() returning person_id`.execute(
        trx,
      )
      const personId = taken.rows[0]?.person_id
      if (!personId) return false
      await setPasswordHash(trx, personId, hash)
      await audit<Schema>(trx, {
        actor: { id: personId, kind: 'person' },
        action: 'password.first_set',
        target: { type: 'person', id: personId },
        outcome: 'success',
        ip: ctx.ip,
      })
      return true
    })
    if (!used) return linkSpentPage(ctx, config)
    ctx.status = 303
    ctx.redirect(`${config.PORTAL_URL}/`)
  })
  return router
}

async function personOf(db: Kysely<Schema>, secret: string | undefined): Promise<string | undefined> {
  const { rows } = await sql<{ person_id: string }>`
    select person_id from one_time_link where secret_hash = ${sha256(secret ?? '')} and expires_at > clock_timestamp()`.execute(
    db,
  )
  return rows[0]?.person_id
}
