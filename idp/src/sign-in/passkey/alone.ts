import { audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import type { Context } from 'koa'
import { refusal } from '../authenticate.ts'
import { showSignIn } from '../first-page.ts'
import { languageOf } from '../pages/texts.ts'
import { field } from '../steps/interaction.ts'
import { type Interaction, proved, type SignInParts } from '../steps/proved.ts'
import { type Asked, authenticatePasskey, authenticationOptions } from './authenticate.ts'
import { passkeyIsEnough } from './offer.ts'
import { answerIn, authenticationResponse } from './response.ts'
import { passkeyTexts } from './texts.ts'

const asked = ({ uid }: Interaction): Asked => ({ holder: uid, personId: null })

/** The challenge for whoever it may be. */
export async function aloneOptions(ctx: Context, parts: SignInParts, interaction: Interaction): Promise<void> {
  if (!(await passkeyIsEnough(parts.db)))
    throw new Problem(403, 'passkey_not_enough', { zh: passkeyTexts.zh.off, en: passkeyTexts.en.off })
  ctx.set('Cache-Control', 'no-store')
  ctx.body = await authenticationOptions(parts, asked(interaction))
}

/** Takes the answer of a passkey that is all somebody signs in with. What was wrong with it is for the audit log, not for the page. */
export async function takePasskeyAlone(
  ctx: Context,
  parts: SignInParts,
  interaction: Interaction,
  response: string,
): Promise<void> {
  const text = passkeyTexts[languageOf(ctx, interaction.params.ui_locales)]
  const remember = field(ctx, 'remember') === 'yes'
  const again = (passkeyFault: string, status: number) =>
    showSignIn(ctx, parts, interaction, { username: '', remember, passkeyFault, status })
  if (!(await passkeyIsEnough(parts.db))) return await again(text.off, 403)
  const answer = answerIn(authenticationResponse, response)
  if (!answer) return await again(text.broken, 400)
  const outcome = await authenticatePasskey(parts, asked(interaction), answer)
  if (outcome.kind === 'proved') {
    const { personId, methods } = outcome
    return await proved(ctx, parts, interaction, { personId, methods, remember })
  }
  const { reason, owner } = outcome.kind === 'expired' ? { reason: 'passkey_expired', owner: undefined } : outcome
  const clientId = String(interaction.params.client_id)
  const attempt = { clientId, ip: ctx.ip, userAgent: ctx.get('user-agent').slice(0, 400) }
  await audit(parts.db, { ...refusal(attempt, owner, reason), action: 'sign_in.failed' })
  await again(outcome.kind === 'expired' ? text.expired : text.refused, outcome.kind === 'expired' ? 400 : 401)
}
