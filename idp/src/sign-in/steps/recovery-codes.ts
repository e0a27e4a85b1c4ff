import { open } from '@atrium/platform/secrets'
import { recoveryCodesPage } from '../pages/step-pages.ts'
import { forgetCodes } from './progress.ts'
import { proved } from './proved.ts'
import type { StepRequest } from './step.ts'

/** Shows the new recovery codes until the person says that they are kept: a lost answer must not lose them. */
export async function showRecoveryCodes({ ctx, parts, progress, page }: StepRequest): Promise<void> {
  const sealed = progress.detail.codes ?? ''
  const codes = JSON.parse(open(sealed, parts.config.ENCRYPTION_KEY)) as string[]
  recoveryCodesPage(ctx, { ...page, codes }, parts.config)
}

/** Goes on, and forgets them. */
export async function leaveRecoveryCodes({ ctx, parts, interaction, progress }: StepRequest): Promise<void> {
  await forgetCodes(parts.db, interaction.uid)
  await proved(ctx, parts, interaction, { ...progress, methods: [] }, { within: true })
}
