import Router from '@koa/router'
import type { Kysely } from 'kysely'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import { firstPasswordPage, linkSpentPage } from './pages/first-password-page.ts'
import { readSignInPolicy } from './policy.ts'
import { ownerOfLink, useLink } from './reset/link.ts'
import { busyNow, newPasswordFaults, typedTwice } from './reset/new-password.ts'
import { formBody } from './steps/interaction.ts'

const purpose = 'first_password'

/** The page of the first administrator's link, `/first-password/:secret` below the issuer. */
export function firstPasswordRoutes({ db, config }: { db: Kysely<Schema>; config: Config }): Router {
  const router = new Router()

  router.get('/first-password/:secret', async ctx => {
    const owner = await ownerOfLink(db, ctx.params.secret ?? '', purpose)
    if (!owner) return linkSpentPage(ctx, config)
    const { policy } = await readSignInPolicy(db)
    firstPasswordPage(ctx, { ...owner, minLength: policy.password.minLength, faults: [] }, config)
  })

  router.post('/first-password/:secret', formBody(), async ctx => {
    const secret = ctx.params.secret ?? ''
    const owner = await ownerOfLink(db, secret, purpose)
    if (!owner) return linkSpentPage(ctx, config)
    const { policy } = await readSignInPolicy(db)
    const again = (faults: string[], status = 400): void =>
      firstPasswordPage(ctx, { ...owner, minLength: policy.password.minLength, faults, status }, config)
    const typed = typedTwice(ctx)
    if ('fault' in typed) return again([typed.fault])
    const outcome = await useLink(db, { secret, purpose, plain: typed.plain, ip: ctx.ip })
    if (outcome.kind === 'refused') return again(newPasswordFaults(ctx, outcome.faults, policy))
    if (outcome.kind === 'busy') return again([busyNow(ctx)], 503)
    if (outcome.kind === 'spent') return linkSpentPage(ctx, config)
    ctx.status = 303
    ctx.redirect(`${config.PORTAL_URL}/`)
  })

  return router
}
