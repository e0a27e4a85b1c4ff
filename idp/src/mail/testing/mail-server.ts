import { setTimeout as wait } from 'node:timers/promises'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A mail as it arrived. */
export type Received = {
  from: string
  to: string
  secure: boolean
  text: string
  html: string
  /** The names of its headers, in lower case. */
  names: string[]
  /** A header's value, decoded and unfolded. */
  header(name: string): string
}

/** A mail server, and what it got. */
export type Mailbox = {
  url: string
  port: number
  mails: Received[]
  /** How many times somebody named a recipient. */
  attempts: number
  mostAtOnce: number
  stop(): Promise<void>
}

/**
 * Starts a real SMTP server on the loopback.
 * @param o `answers` are given to the first recipients, all others are taken: `later` is 451, `never` 550
 */
export async function startMailServer(
  o: {
    answers?: ('later' | 'never')[]
    slowMs?: number
    tls?: boolean
    port?: number
    login?: { user: string; pass: string }
  } = {},
): Promise<Mailbox> {
  const answers = [...(o.answers ?? [])]
  let open = 0
  const options: SMTPServerOptions = {
    authOptional: !o.login,
    // A login without encryption, on the loopback only.
    allowInsecureAuth: true,
    disabledCommands: [...(o.tls ? [] : ['STARTTLS' as const]), ...(o.login ? [] : ['AUTH' as const])],
    onAuth: ({ username, password }, _session, done) =>
      username === o.login?.user && password === o.login?.pass
        ? done(null, { user: username })
        : done(new Error('wrong login')),
    onConnect: (_session, done) => {
      open += 1
      mailbox.mostAtOnce = Math.max(mailbox.mostAtOnce, open)
      done()
    },
    onClose: () => {
      open -= 1
    },
    onRcptTo: (_address, _session, done) => {
      mailbox.attempts += 1
      const answer = answers.shift()
      if (answer === 'later') return done(Object.assign(new Error('try again later'), { responseCode: 451 }))
      if (answer === 'never') return done(Object.assign(new Error('no such mailbox'), { responseCode: 550 }))
      done()
    },
    onData: (stream, session, done) => {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', async () => {
        if (o.slowMs) await wait(o.slowMs)
        const { mailFrom, rcptTo } = session.envelope
        const to = rcptTo.map(one => one.address).join(' ')
        const from = mailFrom ? mailFrom.address : ''
        mailbox.mails.push({ from, to, secure: session.secure, ...read(Buffer.concat(parts).toString('utf8')) })
        done()
      })
    },
  }
  const server = new SMTPServer(options)
  server.on('error', () => {})
  await new Promise<void>(resolve => server.listen(o.port ?? 0, '127.0.0.1', resolve))
  const { port } = server.server.address() as { port: number }
  let stopped: Promise<void> | undefined
  const mailbox: Mailbox = {
    url: `smtp://127.0.0.1:${port}`,
    port,
    mails: [],
    attempts: 0,
    mostAtOnce: 0,
    stop: () => {
      stopped ??= new Promise(resolve => server.close(() => resolve()))
      return stopped
    },
  }
  return mailbox
}

function read(source: string): Pick<Received, 'text' | 'html' | 'names' | 'header'> {
  const { headers, body } = split(source)
  const boundary = /boundary="([^"]+)"/.exec(headers.get('content-type') ?? '')?.[1] ?? ''
  const parts = body
    .split(`--${boundary}`)
    .slice(1, -1)
    .map(part => split(part.replace(/^\r\n/, '')))
  const part = (type: string): string => {
    const found = parts.find(one => one.headers.get('content-type')?.startsWith(type))
    return found ? decoded(found.body, found.headers.get('content-transfer-encoding')) : ''
  }
  return {
    text: part('text/plain'),
    html: part('text/html'),
    names: [...headers.keys()],
    header: name => words(headers.get(name) ?? ''),
  }
}

function split(source: string): { headers: Map<string, string>; body: string } {
  const at = source.indexOf('\r\n\r\n')
  const lines = source
    .slice(0, at)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const headers = new Map(
    lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  return { headers, body: source.slice(at + 4) }
}

function decoded(body: string, encoding = '7bit'): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8')
  return encoding === 'quoted-printable' ? quotedPrintable(body.replace(/=\r\n/g, '')) : body
}

function quotedPrintable(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** Encoded words of a header (RFC 2047). */
function words(value: string): string {
  return value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind: string, text: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(text, 'base64').toString('utf8')
        : quotedPrintable(text.replaceAll('_', ' ')),
    )
}
