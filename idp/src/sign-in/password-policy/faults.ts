import type { Text } from '../../oidc/tables.ts'
import type { SignInPolicy } from '../policy.ts'

/** What is wrong with a password that somebody wants to have. */
export type PasswordFault = 'too_short' | 'too_long' | 'common' | 'personal_data' | 'used_before'

/** The longest password that is taken, in characters: more is no safer, only costlier to hash. */
export const longestPassword = 200

/** A fault in words, and what would be right. */
export function describeFault(fault: PasswordFault, { password }: SignInPolicy): Text {
  switch (fault) {
    case 'too_short':
      return {
        zh: `密码至少要 ${password.minLength} 个字符。`,
        en: `A password needs ${password.minLength} characters or more.`,
      }
    case 'too_long':
      return {
        zh: `密码最多 ${longestPassword} 个字符。`,
        en: `A password can have ${longestPassword} characters at most.`,
      }
    case 'common':
      return {
        zh: '这个密码太常见，换个数字或大小写也猜得到。用几个互不相关的词更好记，也更安全。',
        en: 'This password is a common one, or close to one, and easily guessed. A few words that have nothing to do with one another are safer and easier to remember.',
      }
    case 'personal_data':
      return {
        zh: '密码里有你的姓名、用户名、邮箱、电话或公司名，请换一个不含这些的。',
        en: 'This password holds your name, username, mail, phone or company. Choose one without them.',
      }
    case 'used_before':
      return {
        zh: '这个密码正在用，或者以前用过。请换一个没用过的。',
        en: 'This password is in use, or was used before. Choose one that was not.',
      }
  }
}
