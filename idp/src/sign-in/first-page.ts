import type { Context } from 'koa'
import { lookOf } from './branding/look.ts'
import { type SignInForm, signInPage } from './pages/sign-in-page.ts'
import { strangerOf } from './pages/stranger.ts'
import { languageOf } from './pages/texts.ts'
import { passkeyForm } from './passkey/form.ts'
import { formTargets } from './steps/interaction.ts'
import type { Interaction, SignInParts } from './steps/proved.ts'

/** Shows the page on which a sign-in begins: with the password, or with a passkey where the policy lets it suffice. */
export async function showSignIn(
  ctx: Context,
  { config, provider }: SignInParts,
  interaction: Interaction,
  form: SignInForm & { passkeyFault?: string },
): Promise<void> {
  const language = languageOf(ctx, interaction.params.ui_locales)
  const options = `${new URL(config.ISSUER).pathname}/sign-in/${interaction.uid}/passkey/options`
  const offered = form.passkeyFault !== undefined || lookOf(ctx, config).passkeyAlone
  const passkey = offered ? { passkey: passkeyForm(language, 'alone', options, form.passkeyFault) } : {}
  const stranger = await strangerOf(provider, interaction.params.client_id)
  signInPage(
    ctx,
    language,
    { ...form, ...passkey, ...(stranger ? { stranger } : {}) },
    formTargets(interaction)[0],
    config,
  )
}
