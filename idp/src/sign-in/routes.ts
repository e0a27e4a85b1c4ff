import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { authenticate, type SignInOutcome } from './authenticate.ts'
import { deviceOf } from './devices.ts'
import { showSignIn } from './first-page.ts'
import { stepTexts } from './pages/step-texts.ts'
import { languageOf, texts } from './pages/texts.ts'
import { takePasskeyAlone } from './passkey/alone.ts'
import { passkeyRoutes } from './passkey/routes.ts'
import { isOver, onward } from './steps/go-on.ts'
import { expired, field, findInteraction, formBody, interactionKey, interactionOf } from './steps/interaction.ts'
import { proved, type SignInParts } from './steps/proved.ts'
import { stepRoutes } from './steps/routes.ts'
import { stepUp } from './steps/step-up.ts'
import { admitWithin } from './throttle.ts'

const formSchema = z.object({
  username: z
    .string()
    .trim()
    .min(1)
    .max(200)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: nobody's name holds one, and the database takes no null character
    .regex(/^[^\u0000-\u001f]*$/),
  password: z.string().min(1).max(1000),
  remember: z.string().optional(),
})

/** The pages a person signs in with. Below the issuer: `/sign-in/:uid`, so that two tabs keep two cookies. */
export function signInRoutes(parts: SignInParts): Router {
  const { provider, db, config } = parts
  const router = new Router()

  router.get('/sign-in/:uid', async ctx => {
    const interaction = await findInteraction(ctx, provider)
    if (!interaction) return expired(ctx, config)
    // Signed in already, as after a double click: on to where the application waits.
    if (isOver(interaction)) return ctx.redirect(onward(interaction, config.ISSUER))
    if (await stepUp(ctx, parts, interaction)) return
    const language = languageOf(ctx, interaction.params.ui_locales)
    const hint = interaction.params.login_hint
    const said = { codes: 'tooManyCodes', changed: 'accountChanged' } as const
    const why = said[String(ctx.query.fault) as keyof typeof said]
    const fault = why ? { fault: stepTexts[language][why] } : {}
    const username = typeof hint === 'string' ? hint : ''
    await showSignIn(ctx, parts, interaction, { username, remember: true, ...fault })
  })

  router.post('/sign-in/:uid', formBody(), async ctx => {
    const typed = (ctx.request.body ?? {}) as Record<string, unknown>
    const again = {
      username: typeof typed.username === 'string' ? typed.username : '',
      remember: typed.remember === 'yes',
    }
    const passkey = field(ctx, 'response')
    const form = formSchema.safeParse(typed)
    if (passkey !== undefined || !form.success) {
      const interaction = await findInteraction(ctx, provider)
      if (!interaction) return expired(ctx, config)
      if (passkey !== undefined) return await takePasskeyAlone(ctx, parts, interaction, passkey)
      const fault = texts[languageOf(ctx, interaction.params.ui_locales)].missing
      return await showSignIn(ctx, parts, interaction, { ...again, fault, status: 400 })
    }
    // The sign-in is read and the attempt counted in one statement.
    const { username } = form.data
    const deviceHash = deviceOf(ctx, config).hash
    const key = interactionKey(ctx, provider)
    const counted = { username, ip: ctx.ip }
    const admitted = key && (await admitWithin(db, { ...counted, deviceHash }, key))
    const interaction = admitted && (await interactionOf(ctx, provider, { key, row: admitted.row }))
    if (!interaction) return expired(ctx, config)
    const language = languageOf(ctx, interaction.params.ui_locales)
    const attempt = {
      ...counted,
      password: form.data.password,
      clientId: String(interaction.params.client_id),
      deviceHash,
      userAgent: ctx.get('user-agent').slice(0, 400),
    }
    const outcome = await authenticate(db, attempt, admitted)
    if (outcome.kind !== 'recognised')
      return await showSignIn(ctx, parts, interaction, { ...again, ...refusalOf(outcome, ctx, language) })
    const { standing } = outcome
    const proof = { personId: standing.id, methods: ['pwd' as const], remember: again.remember }
    await proved(ctx, parts, interaction, proof, { known: standing, counted })
  })

  router.use(passkeyRoutes(parts).routes())
  router.use(stepRoutes(parts).routes())
  return router
}

function refusalOf(
  outcome: Exclude<SignInOutcome, { kind: 'recognised' }>,
  ctx: Context,
  language: keyof typeof texts,
): { fault: string; status: number } {
  const text = texts[language]
  if (outcome.kind === 'wrong') return { fault: text.wrong, status: 401 }
  const seconds = outcome.kind === 'busy' ? 5 : outcome.seconds
  ctx.set('Retry-After', String(seconds))
  if (outcome.kind === 'busy') return { fault: text.busy, status: 503 }
  if (outcome.kind === 'wait') return { fault: text.wait(seconds), status: 429 }
  return { fault: text.locked(Math.ceil(seconds / 60)), status: 429 }
}
