import Router from '@koa/router'
import type { Context } from 'koa'
import type { Kysely } from 'kysely'
import type { Config } from '../../config.ts'
import type { Schema } from '../../database/schema.ts'
import {
  forgotPage,
  linkSentPage,
  resetDonePage,
  resetOffPage,
  resetPage,
  resetSpentPage,
} from '../pages/reset-pages.ts'
import { resetTexts } from '../pages/reset-texts.ts'
import { languageOf } from '../pages/texts.ts'
import { readSignInPolicy } from '../policy.ts'
import { field, formBody } from '../steps/interaction.ts'
import { ownerOfLink, useLink } from './link.ts'
import { busyNow, newPasswordFaults, typedTwice } from './new-password.ts'
import { linkMinutes, requestReset } from './request.ts'
import { countResetRequest } from './throttle.ts'

/** The pages for a forgotten password: `/forgot-password` asks for a link, `/reset-password?key=…` is where it leads. */
export function resetRoutes(parts: { db: Kysely<Schema>; config: Config }): Router {
  const { db, config } = parts
  const router = new Router()
  const form = formBody()
  const reset = async (): Promise<boolean> => (await readSignInPolicy(db)).policy.password.selfServiceReset

  router.get('/forgot-password', async ctx => {
    const back = signInOf(ctx, config)
    if (await reset()) forgotPage(ctx, { account: '', back }, config)
    else resetOffPage(ctx, { back }, config)
  })

  router.post('/forgot-password', form, async ctx => {
    const back = signInOf(ctx, config)
    if (!(await reset())) return resetOffPage(ctx, { back }, config)
    const text = resetTexts[languageOf(ctx)]
    const account = (field(ctx, 'account') ?? '').trim()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: nobody's name holds one, and the database takes no null character
    if (account === '' || account.length > 320 || /[\u0000-\u001f]/.test(account))
      return forgotPage(ctx, { account: '', back, fault: text.accountMissing, status: 400 }, config)
    const wait = await countResetRequest(db, { account, ip: ctx.ip })
    if (wait > 0) {
      ctx.set('Retry-After', String(wait))
      return forgotPage(ctx, { account, back, fault: text.tooMany(Math.ceil(wait / 60)), status: 429 }, config)
    }
    await requestReset(parts, { account, ip: ctx.ip })
    linkSentPage(ctx, { back, minutes: linkMinutes }, config)
  })

  router.get('/reset-password', async ctx => {
    const owner = await ownerOfLink(db, keyOf(ctx), 'password_reset')
    if (!owner) return resetSpentPage(ctx, { again: await reset() }, config)
    const { policy } = await readSignInPolicy(db)
    resetPage(ctx, { username: owner.username, minLength: policy.password.minLength, faults: [] }, config)
  })

  router.post('/reset-password', form, async ctx => {
    const owner = await ownerOfLink(db, keyOf(ctx), 'password_reset')
    if (!owner) return resetSpentPage(ctx, { again: await reset() }, config)
    const { policy } = await readSignInPolicy(db)
    const again = (faults: string[], status = 400): void =>
      resetPage(ctx, { username: owner.username, minLength: policy.password.minLength, faults, status }, config)
    const typed = typedTwice(ctx)
    if ('fault' in typed) return again([typed.fault])
    const outcome = await useLink(db, {
      secret: keyOf(ctx),
      purpose: 'password_reset',
      plain: typed.plain,
      ip: ctx.ip,
    })
    if (outcome.kind === 'refused') return again(newPasswordFaults(ctx, outcome.faults, policy))
    if (outcome.kind === 'busy') return again([busyNow(ctx)], 503)
    if (outcome.kind === 'spent') return resetSpentPage(ctx, { again: policy.password.selfServiceReset }, config)
    ctx.status = 303
    // Without the key: a page that is kept open, or printed, must not show it.
    ctx.redirect(`${new URL(config.ISSUER).pathname}/reset-password/done?ui_locales=${languageOf(ctx)}`)
  })

  router.get('/reset-password/done', ctx => resetDonePage(ctx, config))
  return router
}

function keyOf(ctx: Context): string {
  return typeof ctx.query.key === 'string' ? ctx.query.key.slice(0, 100) : ''
}

/** The sign-in that the person came from, if the page was opened there; else the portal, which begins a new one. */
function signInOf(ctx: Context, config: Config): string {
  const { from } = ctx.query
  return typeof from === 'string' && /^[\w-]{10,64}$/.test(from)
    ? `${new URL(config.ISSUER).pathname}/sign-in/${from}`
    : `${config.PORTAL_URL}/`
}
