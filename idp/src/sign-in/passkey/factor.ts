import { Problem } from '@atrium/platform/problem'
import { showFactor, tryFactor } from '../steps/factor.ts'
import { usableKinds } from '../steps/standing.ts'
import type { StepRequest } from '../steps/step.ts'
import { type Asked, authenticatePasskey, authenticationOptions } from './authenticate.ts'
import { answerIn, authenticationResponse } from './response.ts'
import { passkeyTexts } from './texts.ts'

const asked = ({ interaction, progress }: StepRequest): Asked => ({
  holder: `${interaction.uid}/factor`,
  personId: progress.personId,
})

/** The challenge for the person's own passkeys, after the password. */
export async function factorOptions(request: StepRequest): Promise<void> {
  const { ctx, parts, standing } = request
  if (!usableKinds(standing).includes('passkey'))
    throw new Problem(403, 'passkey_not_usable', {
      zh: passkeyTexts.zh.refusedFactor,
      en: passkeyTexts.en.refusedFactor,
    })
  ctx.set('Cache-Control', 'no-store')
  ctx.body = await authenticationOptions(parts, asked(request))
}

/** Takes the answer, under the same limits as a code. */
export async function takePasskeyFactor(request: StepRequest, response: string): Promise<void> {
  const { parts, page, standing } = request
  const text = passkeyTexts[page.language]
  const answer = answerIn(authenticationResponse, response)
  if (!answer) return await showFactor(request, { way: 'passkey', text: text.broken, status: 400 })
  if (!usableKinds(standing).includes('passkey'))
    return await showFactor(request, { way: 'passkey', text: text.refusedFactor, status: 403 })
  await tryFactor(request, 'passkey', async () => {
    const outcome = await authenticatePasskey(parts, asked(request), answer)
    if (outcome.kind === 'proved') return outcome.methods
    return outcome.kind === 'expired'
      ? { text: text.expired, reason: 'passkey_expired' }
      : { text: text.refusedFactor, reason: outcome.reason }
  })
}
