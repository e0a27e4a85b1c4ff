import type { Language } from './texts.ts'

const zh = {
  forgotTitle: '忘了密码？',
  forgotText: '填用户名或公司邮箱，我们把设置新密码的链接发到你的邮箱。',
  account: '用户名或邮箱',
  accountMissing: '请填写用户名或邮箱。',
  sendLink: '发送链接',
  sentTitle: '请查看邮箱',
  sentText: (minutes: number) =>
    `如果有这个账号，链接几分钟内就到，${minutes} 分钟内有效。没收到？看看垃圾邮件，或者联系管理员。`,
  tooMany: (minutes: number) => `要求的次数太多了。请 ${minutes} 分钟后再试，或者联系管理员。`,
  offTitle: '请联系管理员',
  offText: '公司没有开放自助找回密码，管理员可以给你一个设置新密码的链接。',
  back: '返回登录',
  title: '设置新密码。',
  field: (length: number) => `新密码，至少 ${length} 个字符`,
  again: '再输一次',
  missing: '请把新密码输入两次。',
  differ: '两次输入的密码不一样。',
  as: (username: string) => `账号 ${username}`,
  note: '设好以后，所有地方的登录都会退出。',
  set: '设置密码',
  doneTitle: '新密码已生效',
  doneText: '所有地方的登录都已退出，请用新密码登录。',
  signIn: '去登录',
  spentTitle: '这个链接不能用了',
  spentText: '它已经用过、过期了，或者后来又要过一个新的。可以再要一个。',
  askAgain: '再要一个链接',
}

const en: typeof zh = {
  forgotTitle: 'Forgotten your password?',
  forgotText: 'Type your username or work mail, and a link to set a new password comes to your mailbox.',
  account: 'Username or mail',
  accountMissing: 'Fill in your username or mail.',
  sendLink: 'Send the link',
  sentTitle: 'Look into your mailbox',
  sentText: minutes =>
    `If there is such an account, the link arrives within minutes and works for ${minutes} minutes. Nothing there? Look into the junk folder, or ask an administrator.`,
  tooMany: minutes => `Too many links were asked for. Try again in ${minutes} minutes, or ask an administrator.`,
  offTitle: 'Ask an administrator',
  offText: 'Your company does not send links by mail. An administrator can give you one to set a new password.',
  back: 'Back to sign-in',
  title: 'Set a new password.',
  field: length => `New password, ${length} characters or more`,
  again: 'Once more',
  missing: 'Type the new password twice.',
  differ: 'The two passwords differ.',
  as: username => `Account ${username}`,
  note: 'Afterwards you are signed out everywhere.',
  set: 'Set password',
  doneTitle: 'The new password is set',
  doneText: 'You are signed out everywhere. Sign in with the new password.',
  signIn: 'Sign in',
  spentTitle: 'This link no longer works',
  spentText: 'It was used, has expired, or a newer one was asked for. You can ask for another.',
  askAgain: 'Ask for another link',
}

/** The texts of the pages for a forgotten password in both languages. */
export const resetTexts: Record<Language, typeof zh> = { zh, en }
