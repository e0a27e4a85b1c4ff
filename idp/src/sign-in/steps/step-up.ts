import type { Context } from 'koa'
import { deviceOf } from '../devices.ts'
import { isStepUp } from './interaction.ts'
import type { Method } from './methods.ts'
import { mostFailures, readProgress } from './progress.ts'
import { type Interaction, proved, type SignInParts } from './proved.ts'

/**
 * A session that only lacks a level goes on with the step that is missing, not with the password.
 * @returns false when the password has to be asked after all: that is not all that is missing, or there were too many wrong codes
 */
export async function stepUp(ctx: Context, parts: SignInParts, interaction: Interaction): Promise<boolean> {
  const { uid, session } = interaction
  if (!isStepUp(interaction) || !session) return false
  const { progress } = await readProgress(parts.db, { uid, deviceHash: deviceOf(ctx, parts.config).hash })
  if (progress && progress.failures >= mostFailures) return false
  const { accountId, loginTs, amr, transient } = (await parts.provider.Session.findByUid(session.uid)) ?? {}
  if (!accountId || loginTs === undefined) return false
  const proof = { personId: accountId, methods: (amr ?? ['pwd']) as Method[], remember: !transient }
  await proved(ctx, parts, interaction, proof, { stepUp: { loginTs } })
  return true
}
