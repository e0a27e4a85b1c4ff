import { defineTexts, i18n } from '../locales/texts.ts'
import type { zhCN } from './zh-CN.ts'

export type AccountKey = keyof typeof zhCN

/** The texts of a person's own page, loaded with it. */
export const accountTexts = defineTexts<AccountKey>({
  'zh-CN': async () => (await import('./zh-CN.ts')).zhCN,
  en: async () => (await import('./en.ts')).en,
})

export const useAccountTexts = accountTexts.useTexts
export type AccountTexts = ReturnType<typeof useAccountTexts>

/** The text of a word that the API uses, if there is one. */
export function wordFor(t: AccountTexts, group: 'method' | 'reason', word: string): string | undefined {
  const key = `me.${group}.${word}`
  return key in i18n.messages ? t(key as AccountKey) : undefined
}
