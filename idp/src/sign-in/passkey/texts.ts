import type { Language } from '../pages/texts.ts'

const zh = {
  or: '或',
  alone: '用通行密钥登录',
  factor: '用指纹、人脸、设备密码或安全密钥确认。',
  useIt: '使用通行密钥',
  enrol: '通行密钥存在你的设备或安全密钥里。登录时用指纹、人脸或设备密码确认，不用输入验证码。',
  makeIt: '创建通行密钥',
  cannot: '这个浏览器现在不能使用通行密钥：它太旧，或者关闭了 JavaScript。',
  cannotEnrol: '换一个浏览器，或者用验证器应用设置。',
  cannotFactor: '换一个浏览器，或者换一种方式。',
  cancelled: '没有完成：取消了，或者等得太久。可以再试一次。',
  offline: '没有连上登录服务。检查网络，再试一次。',
  broken: '浏览器没有完成这一步。再试一次；还是不行，就换一种方式。',
  known: '这台设备里已经有你的通行密钥了。换一台设备或一个安全密钥。',
  expired: '等得太久，或者这一次已经用过。再试一次。',
  refused: '这个通行密钥在这里不能用。换一个通行密钥，或者用密码登录。',
  refusedFactor: '这个通行密钥不能确认是你。换一个通行密钥，或者换一种方式。',
  refusedEnrol: '这个通行密钥没有被接受。再试一次，或者换一种方式。',
  tooMany: '通行密钥已经有 20 个了。先在“账号与安全”里移除一个。',
  off: '这里不能只用通行密钥登录。用密码登录，再用通行密钥确认。',
}

const en: typeof zh = {
  or: 'or',
  alone: 'Sign in with a passkey',
  factor: 'Confirm with your fingerprint, face, device lock or security key.',
  useIt: 'Use passkey',
  enrol:
    'A passkey lives in your device or security key. You confirm with your fingerprint, face or device lock, and type no code.',
  makeIt: 'Create passkey',
  cannot: 'This browser cannot use passkeys now: it is too old, or JavaScript is off.',
  cannotEnrol: 'Use another browser, or set up an authenticator app.',
  cannotFactor: 'Use another browser, or another way.',
  cancelled: 'Not finished: it was cancelled, or it took too long. You can try again.',
  offline: 'The sign-in service could not be reached. Check the network and try again.',
  broken: 'The browser did not finish. Try again; if that fails, use another way.',
  known: 'This device already holds a passkey of yours. Use another device or security key.',
  expired: 'It took too long, or was used already. Try again.',
  refused: 'This passkey does not work here. Use another one, or sign in with your password.',
  refusedFactor: 'This passkey does not show that it is you. Use another one, or another way.',
  refusedEnrol: 'This passkey was not accepted. Try again, or use another way.',
  tooMany: 'There are 20 passkeys already. Remove one first in “Account and security”.',
  off: 'A passkey alone is not enough here. Sign in with your password, then confirm with the passkey.',
}

/** What the pages say about passkeys, in both languages. */
export const passkeyTexts: Record<Language, typeof zh> = { zh, en }
