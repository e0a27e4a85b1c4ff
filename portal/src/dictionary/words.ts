import { i18n } from '../locales/texts.ts'
import { systemCode } from '../ui/dateline.tsx'
import { dictionaryTexts } from './texts.ts'

/** A name in both languages, as the graph gives it. */
export interface Names {
  zhCN: string
  en: string
}

/** The name in the language in use. */
export function inUse(names: Names): string {
  return i18n.locale === 'en' ? names.en : names.zhCN
}

/** The name in the other language, when it is another one. */
export function inOther(names: Names): { text: string; lang: string } | undefined {
  if (names.zhCN === names.en) return undefined
  return i18n.locale === 'en' ? { text: names.zhCN, lang: 'zh-CN' } : { text: names.en, lang: 'en' }
}

/** A rule of who may read, in words: crm:Rep, crm:*, role:accountant, *. */
export function readerWords(rule: string): string {
  const { text } = dictionaryTexts
  if (rule === '*') return text('dictionary.everybody')
  const [system = '', role = ''] = rule.split(':')
  if (system === 'role') return text('dictionary.businessRole', { role })
  return role === '*' ? text('dictionary.anyRole', { system: systemCode(system) }) : `${systemCode(system)} ${role}`
}

/** 甲、乙 or a, b. */
export function listed(parts: readonly string[]): string {
  return parts.join(i18n.locale === 'en' ? ', ' : '、')
}
