import type { Account, FactorKind } from './answers.ts'
import type { AccountTexts } from './texts.ts'

/** The kinds of second factor that a person has, as a sentence lists them: 验证码或通行密钥. */
export function kindsInWords(t: AccountTexts, { factors }: Account): string {
  const kinds: FactorKind[] = []
  if (factors.totp > 0) kinds.push('totp')
  if (factors.passkeys > 0) kinds.push('passkey')
  return eitherOf(t, kinds)
}

/** One of these kinds. */
export function eitherOf(t: AccountTexts, kinds: readonly FactorKind[]): string {
  return kinds.map(kind => t(`me.kind.${kind}`)).join(t('me.or'))
}
