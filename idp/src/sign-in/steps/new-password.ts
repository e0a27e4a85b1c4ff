import { Problem } from '@atrium/platform/problem'
import { sha256 } from '@atrium/platform/secrets'
import { newPasswordPage } from '../pages/step-pages.ts'
import { stepTexts } from '../pages/step-texts.ts'
import { texts } from '../pages/texts.ts'
import { changePassword } from '../password-policy/change.ts'
import { describeFault } from '../password-policy/faults.ts'
import { field } from './interaction.ts'
import { proved } from './proved.ts'
import type { StepRequest } from './step.ts'

/** Shows the form for a new password. */
export async function showNewPassword(
  { ctx, parts, page, standing }: StepRequest,
  faults: string[] = [],
  status = faults.length > 0 ? 400 : 200,
): Promise<void> {
  const { minLength, maxAgeDays } = standing.policy.password
  const { mustChange } = standing
  newPasswordPage(ctx, { ...page, status, minLength, maxAgeDays, mustChange, faults }, parts.config)
}

/** Takes the new password; every other session and every other unfinished sign-in of the person ends with the old one. */
export async function takeNewPassword(request: StepRequest): Promise<void> {
  const { ctx, parts, interaction, progress, standing, page } = request
  const text = stepTexts[page.language]
  const plain = field(ctx, 'password') ?? ''
  const again = field(ctx, 'again') ?? ''
  if (plain === '' || again === '') return await showNewPassword(request, [text.newPasswordMissing])
  if (plain !== again) return await showNewPassword(request, [text.differ])
  const outcome = await unlessBusy(() =>
    changePassword(parts.db, {
      personId: progress.personId,
      plain,
      actor: { id: progress.personId, name: standing.name.zh, kind: 'person' },
      ip: ctx.ip,
      reason: 'required',
      keepProgress: sha256(interaction.uid),
      ...(interaction.session?.uid ? { keepSessionUid: interaction.session.uid } : {}),
    }),
  )
  if (outcome === 'busy') {
    ctx.set('Retry-After', '5')
    return await showNewPassword(request, [texts[page.language].busy], 503)
  }
  if (outcome.kind === 'refused') {
    const faults = outcome.faults.map(fault => describeFault(fault, standing.policy)[page.language])
    return await showNewPassword(request, faults)
  }
  // `stale`: this very form was sent twice, or the password changed elsewhere; what is due now is read anew.
  await proved(ctx, parts, interaction, { ...progress, methods: [] }, { within: true })
}

/** Too many passwords are being hashed at this moment: the page says so, and keeps its place. */
async function unlessBusy<T>(work: () => Promise<T>): Promise<T | 'busy'> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Problem && error.status === 503) return 'busy'
    throw error
  }
}
