import { defineTexts, i18n } from '../locales/texts.ts'
import type { zhCN } from './zh-CN.ts'

/** The texts of the administrators' pages, loaded with them. */
export const adminTexts = defineTexts<keyof typeof zhCN>({
  'zh-CN': async () => (await import('./zh-CN.ts')).zhCN,
  en: async () => (await import('./en.ts')).en,
})

export const useAdminTexts = adminTexts.useTexts
export type AdminTexts = ReturnType<typeof useAdminTexts>

/** Whether there is a text of this name among those of the pages that are loaded. */
export function isKnownText(key: string): key is keyof typeof zhCN {
  return key in i18n.messages
}
