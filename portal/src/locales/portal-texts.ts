import { defineTexts } from './texts.ts'
import type { MessageKey } from './zh-CN.ts'

/** The texts of the shell and of the pages everybody has. */
export const portalTexts = defineTexts<MessageKey>({
  'zh-CN': async () => (await import('./zh-CN.ts')).zhCN,
  en: async () => (await import('./en.ts')).en,
})

export const { useTexts } = portalTexts
