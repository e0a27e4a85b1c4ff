import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface Application {
  acctId: string
  /** `<client id>_<32 characters>` */
  appId: string
  appSecret: string
}

/** Whom a signed call names, in the words of X-Kd-Appdata. */
export interface SignedBy {
  user: string
  lcid: string
  orgNum: string
}

/** How old a signed call may be; the window of the real server is unverified. */
const windowS = 600
const mask = '0054f397c6234378b09ca7d3e5debce7'

/** Verifies both signatures as the vendor's SDKs make them; undefined for a call that is not signed by the application. */
export function verify(
  app: Application,
  path: string,
  headers: IncomingHttpHeaders,
  now: number,
): SignedBy | undefined {
  const header = (name: string): string => String(headers[name] ?? '')
  const [clientId, secretPart, ...more] = app.appId.split('_')
  if (more.length > 0 || !secretPart || header('x-api-clientid') !== clientId) return undefined
  if (header('x-api-auth-version') !== '2.0' || header('x-kd-appkey') !== app.appId) return undefined
  const stamp = header('x-api-timestamp')
  const seconds = stamp.length > 10 ? Number(stamp) / 1000 : Number(stamp)
  if (!(Math.abs(now / 1000 - seconds) <= windowS)) return undefined

  const signed = header('x-api-signheaders')
    .toLowerCase()
    .split(',')
    .map(name => name.trim())
    .sort()
    .map(name => `${name}:${header(name)}\n`)
    .join('')
  const secret = Buffer.from(secretPart, 'base64')
  for (let index = 0; index < secret.length; index += 1) secret[index] = (secret[index] ?? 0) ^ mask.charCodeAt(index)
  const message = `POST\n${encodeURIComponent(decodeURIComponent(path))}\n\n${signed}`
  if (header('x-api-signature') !== sign(secret.toString('base64'), message)) return undefined

  const data = Buffer.from(header('x-kd-appdata'), 'base64').toString('utf8')
  if (header('x-kd-signature') !== sign(app.appSecret, app.appId + data)) return undefined
  const [acctId, user, lcid, orgNum, ...rest] = data.split(',')
  if (acctId !== app.acctId || !user || lcid === undefined || orgNum === undefined || rest.length > 0) return undefined
  return { user, lcid, orgNum }
}

/** base64 of the hexadecimal text, not of the bytes. */
function sign(key: string, message: string): string {
  return Buffer.from(createHmac('sha256', key).update(message, 'utf8').digest('hex'), 'ascii').toString('base64')
}
