import { compileMessage } from '@lingui/message-utils/compileMessage'
import { describe, expect, it } from 'vitest'
import { en as accountEn } from '../account/en.ts'
import { zhCN as accountZh } from '../account/zh-CN.ts'
import { en as applicationsEn } from '../admin/applications/en.ts'
import { zhCN as applicationsZh } from '../admin/applications/zh-CN.ts'
import { en as auditEn } from '../admin/audit/en.ts'
import { zhCN as auditZh } from '../admin/audit/zh-CN.ts'
import { en as signOutsEn } from '../admin/deliveries/en.ts'
import { zhCN as signOutsZh } from '../admin/deliveries/zh-CN.ts'
import { en as adminEn } from '../admin/en.ts'
import { en as keysEn } from '../admin/keys/en.ts'
import { zhCN as keysZh } from '../admin/keys/zh-CN.ts'
import { en as mailsEn } from '../admin/mails/en.ts'
import { zhCN as mailsZh } from '../admin/mails/zh-CN.ts'
import { en as peopleEn } from '../admin/people/en.ts'
import { zhCN as peopleZh } from '../admin/people/zh-CN.ts'
import { en as qualityEn } from '../admin/quality/en.ts'
import { zhCN as qualityZh } from '../admin/quality/zh-CN.ts'
import { en as policyEn } from '../admin/sign-in-policy/en.ts'
import { zhCN as policyZh } from '../admin/sign-in-policy/zh-CN.ts'
import { en as attachEn } from '../admin/systems/attach/en.ts'
import { zhCN as attachZh } from '../admin/systems/attach/zh-CN.ts'
import { en as operationsEn } from '../admin/systems/operations/en.ts'
import { zhCN as operationsZh } from '../admin/systems/operations/zh-CN.ts'
import { zhCN as adminZh } from '../admin/zh-CN.ts'
import { en as dictionaryEn } from '../dictionary/en.ts'
import { zhCN as dictionaryZh } from '../dictionary/zh-CN.ts'
import { en } from './en.ts'
import { zhCN } from './zh-CN.ts'

const catalogues: [string, Record<string, string>, Record<string, string>][] = [
  ['portal', zhCN, en],
  ['account', accountZh, accountEn],
  ['admin', adminZh, adminEn],
  ['audit', auditZh, auditEn],
  ['people', peopleZh, peopleEn],
  ['applications', applicationsZh, applicationsEn],
  ['signing keys', keysZh, keysEn],
  ['sign-outs', signOutsZh, signOutsEn],
  ['mails', mailsZh, mailsEn],
  ['sign-in policy', policyZh, policyEn],
  ['attached systems', attachZh, attachEn],
  ['data quality', qualityZh, qualityEn],
  ['operations', operationsZh, operationsEn],
  ['dictionary', dictionaryZh, dictionaryEn],
]

/** Names of the values a message takes, and of the elements it wraps. */
function holes(text: string): string[] {
  const found = new Set<string>()
  const walk = (tokens: unknown): void => {
    for (const token of [tokens].flat(1)) {
      if (typeof token === 'string') for (const [, tag] of token.matchAll(/<(\w+)>/g)) found.add(`<${tag}>`)
      if (!Array.isArray(token)) continue
      found.add(String(token[0]))
      for (const choice of Object.values((token[2] as object | undefined) ?? {})) walk(choice)
    }
  }
  walk(compileMessage(text))
  return [...found].sort()
}

describe.each(catalogues)('the texts of the %s', (_name, chinese, english) => {
  it('are complete in both languages', () => {
    expect(Object.keys(english).sort()).toEqual(Object.keys(chinese).sort())
    for (const [key, text] of [...Object.entries(chinese), ...Object.entries(english)])
      expect(text.trim(), key).not.toBe('')
  })

  it('take the same values in both languages', () => {
    for (const [key, text] of Object.entries(chinese))
      expect({ key, holes: holes(english[key]!) }).toEqual({ key, holes: holes(text) })
  })

  it('keep the house’s words: no exclamation, no apology, no praise, 你 instead of 您', () => {
    for (const [key, text] of Object.entries(chinese)) expect(text, key).not.toMatch(/[！!]|您|抱歉|对不起|成功|请稍后/)
    for (const [key, text] of Object.entries(english))
      expect(text, key).not.toMatch(/!|sorry|please|successfully|oops/i)
  })
})
