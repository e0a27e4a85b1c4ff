import type { Context } from 'koa'
import { resetTexts } from '../pages/reset-texts.ts'
import { languageOf, texts } from '../pages/texts.ts'
import { describeFault, type PasswordFault } from '../password-policy/faults.ts'
import type { SignInPolicy } from '../policy.ts'
import { field } from '../steps/interaction.ts'

/** The new password of a form with the fields `password` and `again`, or why it is none. */
export function typedTwice(ctx: Context): { plain: string } | { fault: string } {
  const text = resetTexts[languageOf(ctx)]
  const plain = field(ctx, 'password') ?? ''
  const again = field(ctx, 'again') ?? ''
  if (plain === '' || again === '') return { fault: text.missing }
  return plain === again ? { plain } : { fault: text.differ }
}

/** What to say when too many passwords are being hashed, with the time after which to try again. */
export function busyNow(ctx: Context): string {
  ctx.set('Retry-After', '5')
  return texts[languageOf(ctx)].busy
}

/** Everything that the policy has against it, in the reader's language. */
export function newPasswordFaults(ctx: Context, faults: PasswordFault[], policy: SignInPolicy): string[] {
  return faults.map(fault => describeFault(fault, policy)[languageOf(ctx)])
}
