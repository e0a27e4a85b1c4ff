import { deviceName } from '../account/device-name.ts'
import type { Text } from '../oidc/tables.ts'
import type { MailKind, MailRequest, MailValues } from './mail.ts'

/** A language of mails. */
export type MailLanguage = 'zh' | 'en'

/** What a mail says, before it has a form. A row of `facts` is a name and its value; `action` is the one thing to press. */
export type MailText = {
  subject: string
  paragraphs: string[]
  facts?: [string, string][]
  action?: { label: string; url: string }
  /** What to do if this was somebody else. */
  advice?: string
}

/** What the texts are about. `link` is readable here only. */
export type MailFacts = { at: Date; username: string; securityUrl: string; link?: string }

type Writer<K extends MailKind> = (values: MailValues[K], facts: MailFacts, language: MailLanguage) => MailText

/** The text of a mail, in one language. */
export function mailText(mail: MailRequest, facts: MailFacts, language: MailLanguage): MailText {
  // Each writer takes exactly the values of its own kind: the union of requests guarantees that they belong together.
  const write = writers[mail.kind] as Writer<MailKind>
  return write(mail.values, facts, language)
}

const notYou: Text = {
  zh: '如果不是你本人操作，请马上联系管理员，并在“我的账号”里改密码、退出所有设备。',
  en: 'If this was not you, tell an administrator at once, change your password and sign out of all devices under “My account”.',
}

const writers: { [K in MailKind]: Writer<K> } = {
  password_reset: ({ expiresAt, by }, { username, link = '' }, language) => {
    const pick = chooser(language)
    const until = time(new Date(expiresAt), language)
    return {
      subject: pick('设置新密码', 'Set a new password'),
      paragraphs: [
        by === 'self'
          ? pick(
              `有人（多半是你）在登录页要求为账号 ${username} 设置新密码。`,
              `Somebody, most likely you, asked on the sign-in page for a new password for the account ${username}.`,
            )
          : pick(
              `管理员请你为账号 ${username} 设置新密码。`,
              `An administrator asks you to set a new password for the account ${username}.`,
            ),
        pick(`下面的链接在 ${until} 之前有效，只能用一次。`, `The link below works once, until ${until}.`),
      ],
      action: { label: pick('设置新密码', 'Set a new password'), url: link },
      advice: pick(
        '不是你要求的？不用管这封邮件，密码不会变。链接不要转给任何人，管理员也不会问你要。',
        'Did you not ask for this? Ignore this mail and nothing changes. Give the link to nobody; no administrator will ask you for it.',
      ),
    }
  },
  password_changed: ({ ip, by }, { at, username }, language) => {
    const pick = chooser(language)
    return {
      subject: pick('密码已更改', 'Your password was changed'),
      paragraphs: [
        by === 'administrator'
          ? pick(
              `管理员更改了账号 ${username} 的密码。`,
              `An administrator changed the password of the account ${username}.`,
            )
          : pick(
              `账号 ${username} 的密码刚刚更改，其他设备上的登录已经退出。`,
              `The password of the account ${username} was changed. Sessions on other devices have ended.`,
            ),
      ],
      facts: circumstances({ at, ip }, language),
      advice: notYou[language],
    }
  },
  new_device: ({ ip, userAgent }, { at, username }, language) => {
    const pick = chooser(language)
    return {
      subject: pick('新设备登录', 'Sign-in from a new device'),
      paragraphs: [
        pick(
          `账号 ${username} 刚刚在一个没有用过的浏览器上登录。`,
          `The account ${username} was signed in to from a browser that it had not been used in before.`,
        ),
      ],
      facts: circumstances({ at, ip, userAgent }, language),
      advice: `${pick('是你本人就不用管。', 'If it was you, there is nothing to do.')}${pick('', ' ')}${notYou[language]}`,
    }
  },
  factor_added: ({ factor, name, ip }, { at, username }, language) => {
    const pick = chooser(language)
    const what = factorNames[factor][language]
    return {
      subject: pick(`已添加${what}`, `${capital(what)} was added`),
      paragraphs: [
        pick(`账号 ${username} 添加了${what}“${name}”。`, `To the account ${username} ${what} “${name}” was added.`),
      ],
      facts: circumstances({ at, ip }, language),
      advice: notYou[language],
    }
  },
  factor_removed: ({ factor, name, ip, by }, { at, username }, language) => {
    const pick = chooser(language)
    const what = `${factorNames[factor][language]}${name ? pick(`“${name}”`, ` “${name}”`) : ''}`
    return {
      subject: pick(`已移除${factorNames[factor][language]}`, `${capital(factorNames[factor][language])} was removed`),
      paragraphs: [
        by === 'administrator'
          ? pick(
              `管理员移除了账号 ${username} 的${what}。下次登录可能要重新设置。`,
              `An administrator removed ${what} from the account ${username}. You may be asked to set one up again at the next sign-in.`,
            )
          : pick(`账号 ${username} 移除了${what}。`, `From the account ${username} ${what} was removed.`),
      ],
      facts: circumstances({ at, ip }, language),
      advice: notYou[language],
    }
  },
  recovery_codes_made: ({ ip }, { at, username }, language) => {
    const pick = chooser(language)
    return {
      subject: pick('已生成新的恢复码', 'New recovery codes were made'),
      paragraphs: [
        pick(
          `账号 ${username} 生成了新的恢复码，旧的都已作废。`,
          `New recovery codes were made for the account ${username}; the old ones no longer work.`,
        ),
      ],
      facts: circumstances({ at, ip }, language),
      advice: notYou[language],
    }
  },
  recovery_code_used: ({ left, ip }, { at, username }, language) => {
    const pick = chooser(language)
    return {
      subject: pick('恢复码已使用', 'A recovery code was used'),
      paragraphs: [
        pick(
          `账号 ${username} 用恢复码登录了一次，还剩 ${left} 个。`,
          `The account ${username} was signed in to with a recovery code. Codes left: ${left}.`,
        ),
      ],
      facts: circumstances({ at, ip }, language),
      advice: notYou[language],
    }
  },
}

const factorNames: Record<MailValues['factor_removed']['factor'], Text> = {
  totp: { zh: '验证器', en: 'an authenticator' },
  passkey: { zh: '通行密钥', en: 'a passkey' },
  all: { zh: '所有第二步验证方式', en: 'every second factor' },
}

function circumstances(
  { at, ip, userAgent }: { at: Date; ip?: string | undefined; userAgent?: string },
  language: MailLanguage,
): [string, string][] {
  const pick = chooser(language)
  return [
    [pick('时间', 'Time'), time(at, language)],
    ...(ip ? [[pick('网络地址', 'Address'), ip] as [string, string]] : []),
    ...(userAgent === undefined
      ? []
      : [[pick('浏览器', 'Browser'), deviceName(userAgent).name[language]] as [string, string]]),
  ]
}

/** With its zone: who reads it may be in another one. */
function time(at: Date, language: MailLanguage): string {
  return new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(at)
}

function chooser(language: MailLanguage): (zh: string, en: string) => string {
  return (zh, en) => (language === 'zh' ? zh : en)
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
