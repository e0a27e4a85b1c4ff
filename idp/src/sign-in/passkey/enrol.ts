import { Problem } from '@atrium/platform/problem'
import { deviceName } from '../../account/device-name.ts'
import { enrolled, kindsToEnrol, showEnrol } from '../steps/enrol.ts'
import type { StepRequest } from '../steps/step.ts'
import { isKnownPasskey, register, registrationOptions } from './register.ts'
import { signInOrigin } from './relying-party.ts'
import { answerIn, registrationResponse } from './response.ts'
import { passkeyTexts } from './texts.ts'

const holderOf = ({ interaction }: StepRequest): string => `${interaction.uid}/enrol`

/** What the browser needs to make the passkey that somebody must have. */
export async function enrolmentOptions(request: StepRequest): Promise<void> {
  const { ctx, parts, progress, standing, page } = request
  if (!kindsToEnrol(standing).includes('passkey'))
    throw new Problem(403, 'factor_not_offered', {
      zh: passkeyTexts.zh.refusedEnrol,
      en: passkeyTexts.en.refusedEnrol,
    })
  const options = await registrationOptions(
    parts,
    {
      personId: progress.personId,
      username: standing.username,
      displayName: standing.name[page.language],
      holder: holderOf(request),
    },
    standing.policy,
  )
  if (!options)
    throw new Problem(409, 'too_many_passkeys', { zh: passkeyTexts.zh.tooMany, en: passkeyTexts.en.tooMany })
  ctx.set('Cache-Control', 'no-store')
  ctx.body = options
}

/** Takes the new passkey, named after the browser it was made in. It counts for this sign-in, too. */
export async function takePasskeyEnrolment(request: StepRequest, response: string): Promise<void> {
  const { ctx, parts, progress, standing, page } = request
  const text = passkeyTexts[page.language]
  const answer = answerIn(registrationResponse, response)
  if (!answer) return await showEnrol(request, text.broken, 'passkey')
  if (!kindsToEnrol(standing).includes('passkey')) return await showEnrol(request, text.refusedEnrol)
  const expected = {
    personId: progress.personId,
    holder: holderOf(request),
    origins: [signInOrigin(parts.config)],
  }
  const name = deviceName(ctx.get('user-agent')).name[page.language].slice(0, 60)
  const registered = await register(parts, expected, answer, name)
  if (registered.kind !== 'made') {
    const fault = { expired: text.expired, refused: text.refusedEnrol, known: text.known }[registered.kind]
    return await showEnrol(request, fault, 'passkey')
  }
  const { passkey, userVerified } = registered
  try {
    await enrolled(request, { methods: userVerified ? ['hwk', 'user'] : ['hwk'], claim: async () => passkey })
  } catch (error) {
    if (!isKnownPasskey(error)) throw error
    await showEnrol(request, text.known, 'passkey')
  }
}
