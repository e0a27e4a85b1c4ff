import { preferredLanguage } from '@atrium/platform/problem'
import type { Context } from 'koa'

/** A language of the pages. */
export type Language = 'zh' | 'en'

const zh = {
  htmlLang: 'zh-CN',
  other: 'English',
  otherTag: 'en',
  signIn: '登录',
  lede: ['登录一次，', '打开所有系统。'],
  username: '用户名',
  password: '密码',
  showPassword: '显示密码',
  remember: '这台电脑是我的',
  forgot: '忘了密码？',
  shared: '公用电脑请不要勾选，关闭窗口即退出。',
  wrong: '用户名或密码不对。大小写要一致，可以点右边的眼睛核对密码。',
  missing: '请填写用户名和密码。',
  wait: (seconds: number) => `连续失败几次了。请 ${seconds} 秒后再试。`,
  locked: (minutes: number) => `连续失败太多次，登录已暂停，${minutes} 分钟后恢复。急用请联系管理员。`,
  busy: '登录的人太多，请几秒后再试。',
  expiredTitle: '这个登录页过期了',
  expiredText: '它打开得太久，或者已经用过一次。回到门户重新登录即可，什么也没有丢。',
  refusedTitle: '这次登录没有完成',
  refusedText: '应用发来的请求有问题，请从门户重新打开它。还是不行，就把下面这一行发给管理员。',
  toPortal: '回到门户',
  signOutTitle: '退出登录',
  signOutText: '将退出门户和所有打开过的系统。',
  signOut: '退出',
  stay: '不退出',
  signedOutTitle: '已退出',
  signedOutText: '门户和你打开过的系统都已退出。没有应答的系统会在恢复后退出。',
  firstPasswordTitle: '设置管理员密码',
  firstPasswordNote: '用户名是 admin。这个链接只能用一次。',
  linkSpentTitle: '这个链接不能用了',
  linkSpentText: '它已经用过，或者过了 24 小时。还没有设置密码时，重新启动身份服务会给出一个新的。',
}

const en: typeof zh = {
  htmlLang: 'en',
  other: '中文',
  otherTag: 'zh-CN',
  signIn: 'Sign in',
  lede: ['Sign in once,', 'open every system.'],
  username: 'Username',
  password: 'Password',
  showPassword: 'Show password',
  remember: 'This computer is mine',
  forgot: 'Forgotten your password?',
  shared: 'Leave it unticked on a shared computer: closing the window then signs you out.',
  wrong: 'Username or password is not right. Case matters; the eye on the right shows what you typed.',
  missing: 'Fill in username and password.',
  wait: seconds => `Several attempts failed in a row. Try again in ${seconds} seconds.`,
  locked: minutes =>
    `Too many attempts failed. Sign-in is paused for ${minutes} minutes. If it is urgent, ask an administrator.`,
  busy: 'Many people are signing in. Try again in a few seconds.',
  expiredTitle: 'This sign-in page has expired',
  expiredText:
    'It was open too long, or was used once already. Go back to the portal and sign in there; nothing is lost.',
  refusedTitle: 'This sign-in did not complete',
  refusedText:
    'The application sent a faulty request. Open it from the portal again. If that fails, send the line below to an administrator.',
  toPortal: 'Back to the portal',
  signOutTitle: 'Sign out',
  signOutText: 'This signs you out of the portal and of every system you opened.',
  signOut: 'Sign out',
  stay: 'Stay signed in',
  signedOutTitle: 'Signed out',
  signedOutText:
    'The portal and the systems you opened are signed out. A system that did not answer follows when it is back.',
  firstPasswordTitle: 'Set the password of the administrator',
  firstPasswordNote: 'The username is admin. This link works once.',
  linkSpentTitle: 'This link no longer works',
  linkSpentText:
    'It was used, or 24 hours have passed. While no password is set, a restart of the identity service prints a new one.',
}

/** The texts of the pages in both languages. */
export const texts: Record<Language, typeof zh> = { zh, en }

/** The language of a page: the switch on it, then what the application asked for (`ui_locales`), then Accept-Language. */
export function languageOf(ctx: Context, uiLocales?: unknown): Language {
  const wanted = [ctx.query.ui_locales, uiLocales].filter(one => typeof one === 'string').join(' ')
  const tag = wanted.split(' ').find(one => /^(zh|en)\b/i.test(one))
  return tag ? (tag.toLowerCase().startsWith('en') ? 'en' : 'zh') : preferredLanguage(ctx.get('accept-language'))
}
