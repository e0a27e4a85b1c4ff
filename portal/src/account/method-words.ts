import { type AccountTexts, wordFor } from './texts.ts'

/** How somebody was recognised (RFC 8176 and `rc`), in words and each once: 密码、验证码. What only qualifies a method is left out. */
export function methodsInWords(t: AccountTexts, methods: readonly string[]): string {
  const words = methods.flatMap(method => wordFor(t, 'method', method) ?? [])
  return [...new Set(words)].join(t('me.comma'))
}
