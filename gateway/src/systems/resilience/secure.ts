import { createPrivateKey, X509Certificate } from 'node:crypto'
import { buildConnector } from 'undici'
import { z } from 'zod'
import { guardedLookup } from './link-local.ts'

/** `tls` of a system: what the gateway shows of itself, and whom it believes. PEM, usually by `${NAME}` or `${secret:NAME}`. */
export const tlsSchema = z
  .strictObject({
    cert: z.string().min(1).optional().describe('certificate of the gateway, with those between it and its root'),
    key: z.string().min(1).optional().describe('private key of that certificate'),
    passphrase: z.string().optional(),
    ca: z
      .string()
      .min(1)
      .optional()
      .describe('certificates by which the system is believed, instead of the usual ones'),
    servername: z
      .string()
      .min(1)
      .optional()
      .describe('name in the certificate of the system, if not that of its address'),
  })
  .superRefine((tls, context) => {
    for (const [path, message] of faultsOf(tls)) context.addIssue({ code: 'custom', path: [path], message })
  })

export type TlsDefinition = z.infer<typeof tlsSchema>

/** The same in the words of Node's TLS. */
export type SecureContext = TlsDefinition

/**
 * Connects by mutual TLS. A refusal of the gateway's certificate arrives behind the handshake in TLS 1.3, and the HTTP client
 * then only says that the other side hung up: `alertAt` gives the alert that a connection, known by its port here, ended with.
 */
export function secureConnector(
  secure: SecureContext,
  timeout: number,
): { connect: buildConnector.connector; alertAt(localPort: number): string | undefined } {
  const plain = buildConnector({ timeout, lookup: guardedLookup, ...secure })
  const alerts = new Map<number, string>()
  return {
    connect: (options, callback) =>
      plain(options, (...result) => {
        const [, socket] = result
        const port = socket?.localPort
        if (socket && port !== undefined) {
          alerts.delete(port)
          socket.once('error', (error: NodeJS.ErrnoException) => {
            if (alerts.size >= mostAlerts) alerts.clear()
            alerts.set(port, error.code ?? '')
          })
        }
        callback(...result)
      }),
    alertAt: localPort => alerts.get(localPort),
  }
}

const mostAlerts = 100

/** The days until the gateway's own certificate for a system expires; null when it shows none. */
export function daysLeft(tls: TlsDefinition | undefined, at: Date): number | null {
  if (!tls?.cert) return null
  return Math.floor((new X509Certificate(tls.cert).validToDate.getTime() - at.getTime()) / 86_400_000)
}

// A wrong pair is found when the file is read, not at the first call. The words never repeat what the fields hold.
function* faultsOf(tls: Partial<TlsDefinition>): Generator<[string, string]> {
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    yield [tls.cert === undefined ? 'cert' : 'key', 'certificate and key belong together: give both or neither']
    return
  }
  const certificate = tls.cert === undefined ? undefined : attempt(() => new X509Certificate(tls.cert as string))
  if (certificate === null) yield ['cert', 'is no certificate in PEM form']
  const key =
    tls.key === undefined
      ? undefined
      : attempt(() => createPrivateKey({ key: tls.key as string, passphrase: tls.passphrase }))
  if (key === null) yield ['key', 'is no private key in PEM form, or needs another passphrase']
  if (certificate && key && !certificate.checkPrivateKey(key)) yield ['key', 'does not belong to the certificate']
  if (tls.ca !== undefined && attempt(() => new X509Certificate(tls.ca as string)) === null)
    yield ['ca', 'is no certificate in PEM form']
}

function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
