import type { Kysely } from '@atrium/platform/database'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import type { Context } from 'koa'
import { errors, type Provider } from 'oidc-provider'
import { z } from 'zod'
import type { Config } from '../config.ts'
import type { Schema } from '../database/schema.ts'
import { acrOneFactor } from '../oidc/acr.ts'
import { authenticate, type SignInOutcome } from './authenticate.ts'
import { expiredPage } from './pages/provider-pages.ts'
import { type SignInForm, signInPage } from './pages/sign-in-page.ts'
import { languageOf, texts } from './pages/texts.ts'

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

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
export function signInRoutes(parts: { provider: Provider; db: Kysely<Schema>; config: Config }): Router {
  const { provider, db, config } = parts
  const router = new Router()

  router.get('/sign-in/:uid', async ctx => {
    const interaction = await findInteraction(ctx, provider)
    if (!interaction) return expired(ctx, config)
    const hint = interaction.params.login_hint
    show(ctx, interaction, config, { username: typeof hint === 'string' ? hint : '', remember: true })
  })

  router.post('/sign-in/:uid', formBody(), async ctx => {
    const interaction = await findInteraction(ctx, provider)
    if (!interaction) return expired(ctx, config)
    const language = languageOf(ctx, interaction.params.ui_locales)
    const typed = (ctx.request.body ?? {}) as Record<string, unknown>
    const again = {
      username: typeof typed.username === 'string' ? typed.username : '',
      remember: typed.remember === 'yes',
    }
    const form = formSchema.safeParse(typed)
    if (!form.success) return show(ctx, interaction, config, { ...again, fault: texts[language].missing, status: 400 })
    const attempt = {
      username: form.data.username,
      password: form.data.password,
      ip: ctx.ip,
      clientId: String(interaction.params.client_id),
    }
    const outcome = await authenticate(db, attempt, async accountId => {
      interaction.result = { login: { accountId, remember: again.remember, acr: acrOneFactor, amr: ['pwd'] } }
      await interaction.persist()
    })
    if (outcome.kind !== 'signed_in')
      return show(ctx, interaction, config, { ...again, ...refusalOf(outcome, ctx, language) })
    ctx.status = 303
    ctx.redirect(interaction.returnTo)
  })

  return router
}

/** The interaction of this page's cookie, if it is the one in the address and still waiting. */
async function findInteraction(
  ctx: Context & { params: Record<string, string> },
  provider: Provider,
): Promise<Interaction | undefined> {
  try {
    const interaction = await provider.interactionDetails(ctx.req, ctx.res)
    return interaction.uid === ctx.params.uid ? interaction : undefined
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined
    throw error
  }
}

function expired(ctx: Context, config: Config): void {
  ctx.status = 410
  expiredPage(ctx, { error: 'invalid_request', error_description: 'interaction session not found' }, config)
}

function show(ctx: Context, interaction: Interaction, config: Config, form: SignInForm): void {
  const { redirect_uri, ui_locales } = interaction.params
  const origin = typeof redirect_uri === 'string' ? new URL(redirect_uri).origin : undefined
  signInPage(ctx, languageOf(ctx, ui_locales), form, origin, config)
}

function refusalOf(
  outcome: Exclude<SignInOutcome, { kind: 'signed_in' }>,
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

/** A form of a few hundred bytes; anything else counts as an empty one and is answered by the page. */
function formBody() {
  return bodyParser({
    enableTypes: ['form'],
    formLimit: '8kb',
    onError: (_error, ctx) => {
      ctx.request.body = {}
    },
  })
}
