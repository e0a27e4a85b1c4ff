import type { Transporter } from 'nodemailer'
import type { Config } from '../config.ts'
import { oneLine } from './compose.ts'

/** A mail as the server gets it. `id` becomes its Message-ID, so that a repeated attempt can be recognised. */
export type Outgoing = { id: string; to: string; name: string; subject: string; text: string; html: string }

/** What came of an attempt. `refused` is for good: the server said that no later attempt will do either (RFC 5321 §4.2.1, 5yz). */
export type SendOutcome = 'sent' | { refused: string } | { failed: string }

/** The way to the mail server. */
export type MailTransport = { send(mail: Outgoing): Promise<SendOutcome>; close(): void }

const answerWithinMs = 15_000

/** The configured mail server; undefined where there is none. The library is loaded with the first mail only. */
export function mailTransport(config: Config, company: string): MailTransport | undefined {
  const { SMTP_URL } = config
  if (!SMTP_URL) return undefined
  let opened: Promise<Transporter> | undefined
  return {
    async send(mail) {
      opened ??= open(SMTP_URL, config.SMTP_TLS)
      try {
        await (await opened).sendMail({
          from: senderOf(config, company),
          to: { name: oneLine(mail.name), address: mail.to },
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          messageId: `<${mail.id}@${new URL(config.ISSUER).hostname}>`,
          // RFC 3834: nobody's holiday answer comes back.
          headers: { 'Auto-Submitted': 'auto-generated' },
        })
        return 'sent'
      } catch (error) {
        return outcomeOf(error as Error & { code?: string; responseCode?: number })
      }
    },
    close: () => {
      void opened?.then(transport => transport.close())
    },
  }
}

async function open(address: string, tls: Config['SMTP_TLS']): Promise<Transporter> {
  const { createTransport } = await import('nodemailer')
  const url = new URL(address)
  const secure = url.protocol === 'smtps:'
  return createTransport({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || (secure ? 465 : 587)),
    secure,
    requireTLS: tls === 'required',
    tls: { rejectUnauthorized: tls !== 'unverified' },
    ...(url.username
      ? { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }
      : {}),
    connectionTimeout: answerWithinMs,
    greetingTimeout: answerWithinMs,
    socketTimeout: answerWithinMs,
    dnsTimeout: answerWithinMs,
    // A mail is made of the texts given here, never of a file or an address that one of them might name.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

function outcomeOf(error: Error & { code?: string; responseCode?: number }): SendOutcome {
  const said = oneLine(`${error.code ?? error.name}: ${error.message}`).slice(0, 300)
  // A refused login or a certificate is put right by an administrator, and then the mail should go.
  const forGood = (error.responseCode ?? 0) >= 500 && error.code !== 'EAUTH'
  return forGood ? { refused: said } : { failed: said }
}

function senderOf(config: Config, company: string): string | { name: string; address: string } {
  if (config.MAIL_FROM?.includes('<')) return config.MAIL_FROM
  return { name: oneLine(company), address: config.MAIL_FROM ?? `no-reply@${new URL(config.ISSUER).hostname}` }
}
