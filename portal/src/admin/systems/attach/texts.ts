import { defineTexts } from '../../../locales/texts.ts'
import type { zhCN } from './zh-CN.ts'

export const attachTexts = defineTexts<keyof typeof zhCN>({
  'zh-CN': async () => (await import('./zh-CN.ts')).zhCN,
  en: async () => (await import('./en.ts')).en,
})
