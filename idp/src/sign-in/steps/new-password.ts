import { sha256 } from '@atrium/platform/secrets'
import { newPasswordPage } from '../pages/step-pages.ts'
import { stepTexts } from '../pages/step-texts.ts'
import { changePassword } from '../password-policy/change.ts'
import { describeFault } from '../password-policy/faults.ts'
import { field } from './interaction.ts'
import { proved } from './proved.ts'
import type { StepRequest } from './step.ts'

/** Shows the form for a new password. */
export async function showNewPassword(
  { ctx, parts, page, standing }: StepRequest,
  faults: string[] = [],
): Promise<void> {
  const { minLength, maxAgeDays } = standing.policy.password
  const { mustChange } = standing
  const status = faults.length > 0 ? 400 : 200
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
  const outcome = await changePassword(parts.db, {
    personId: progress.personId,
    plain,
    actor: { id: progress.personId, name: standing.name.zh, kind: 'person' },
    ip: ctx.ip,
    reason: 'required',
    keepProgress: sha256(interaction.uid),
    ...(interaction.session?.uid ? { keepSessionUid: interaction.session.uid } : {}),
  })
  if (outcome.kind === 'refused') {
    const faults = outcome.faults.map(fault => describeFault(fault, standing.policy)[page.language])
    return await showNewPassword(request, faults)
  }
  // `stale`: this very form was sent twice, or the password changed elsewhere; what is due now is read anew.
  await proved(ctx, parts, interaction, progress)
}
