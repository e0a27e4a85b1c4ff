import { Problem } from '@atrium/platform/problem'
import Router from '@koa/router'
import { isOver } from '../steps/go-on.ts'
import { findInteraction } from '../steps/interaction.ts'
import type { SignInParts } from '../steps/proved.ts'
import { atStep } from '../steps/step.ts'
import { aloneOptions } from './alone.ts'
import { enrolmentOptions } from './enrol.ts'
import { factorOptions } from './factor.ts'

/**
 * Where the script of a page gets its challenge: to sign in with a passkey alone, to use one as the second factor, to make one in the
 * middle of a sign-in. Each lies below its page, where the page's cookie reaches; the answer goes to the page itself.
 */
export function passkeyRoutes(parts: SignInParts): Router {
  const router = new Router()
  router.post('/sign-in/:uid/passkey/options', async ctx => {
    const interaction = await findInteraction(ctx, parts.provider)
    if (!interaction || isOver(interaction))
      throw new Problem(410, 'sign_in_expired', { zh: '这个登录页过期了', en: 'This sign-in page has expired' })
    await aloneOptions(ctx, parts, interaction)
  })
  router.post('/sign-in/:uid/factor/passkey/options', atStep(parts, 'factor', factorOptions))
  router.post('/sign-in/:uid/enrol/passkey/options', atStep(parts, 'enrol', enrolmentOptions))
  return router
}
