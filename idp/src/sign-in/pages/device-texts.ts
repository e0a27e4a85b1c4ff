import type { Language } from './texts.ts'

const zh = {
  betweenSentences: '',
  title: '连接设备',
  lede: '连接一台设备',
  explain: '请输入设备屏幕上显示的代码。',
  code: '代码',
  next: '继续',
  wrong: '没有找到这个代码，请对照设备屏幕再输一次。',
  expired: '这个代码已经过期。请在设备上重新开始，会得到一个新的代码。',
  used: '这个代码已经用过。请在设备上重新开始。',
  missing: '请输入代码。',
  wait: (minutes: number) => `输错的代码太多。请在 ${minutes} 分钟后再试。`,
  refused: '已拒绝。设备没有得到任何权限。',
  failed: '这次连接没有完成。请在设备上重新开始。',
  check: '请核对代码',
  asks: (name: string) => `“${name}”请求以你的身份登录。`,
  same: '设备上显示的代码应当与下面的一样：',
  from: (address: string) => `请求来自 ${address}。`,
  warning: '不是你自己刚刚发起的，就请拒绝：同意后，对方将以你的身份访问。',
  allow: '同意连接',
  deny: '拒绝',
  done: '设备已连接',
  doneText: '可以回到设备继续。这个页面可以关闭。',
}

const en: typeof zh = {
  betweenSentences: ' ',
  title: 'Connect a device',
  lede: 'Connect a device',
  explain: 'Enter the code that the device shows.',
  code: 'Code',
  next: 'Continue',
  wrong: 'There is no such code. Compare it with the device and try again.',
  expired: 'This code has expired. Start again on the device to get a new one.',
  used: 'This code was used already. Start again on the device.',
  missing: 'Enter the code.',
  wait: minutes => `Too many wrong codes. Try again in ${minutes} min.`,
  refused: 'Denied. The device was given nothing.',
  failed: 'The connection did not complete. Start again on the device.',
  check: 'Compare the codes',
  asks: name => `“${name}” asks to sign in as you.`,
  same: 'The device should show the same code:',
  from: address => `The request came from ${address}.`,
  warning: 'If you did not start this yourself a moment ago, deny it: whoever did would act as you.',
  allow: 'Connect',
  deny: 'Deny',
  done: 'The device is connected',
  doneText: 'Go on at the device. You may close this page.',
}

/** The texts of the device pages in both languages. */
export const deviceTexts: Record<Language, typeof zh> = { zh, en }
