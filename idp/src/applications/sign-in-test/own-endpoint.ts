import { request } from 'node:http'
import type { Config } from '../../config.ts'

/** An answer of one of our own endpoints. */
export type OwnAnswer = { status: number; body: string; type: string }

const answerWithinMs = 5000

/**
 * A request to this very service, as a client would make it. It goes to the port we listen on: from inside, the issuer's public
 * name may lead through a proxy that lets nobody in, or nowhere.
 * @param path below the issuer
 */
export async function askOwn(
  config: Config,
  o: { method: 'GET' | 'POST'; path: string; headers?: Record<string, string>; body?: string },
): Promise<OwnAnswer> {
  const issuer = new URL(config.ISSUER)
  const everywhere = config.HOST === '0.0.0.0' || config.HOST === '::'
  return await new Promise((resolve, reject) => {
    const asked = request(
      {
        host: everywhere ? 'localhost' : config.HOST,
        port: config.PORT,
        method: o.method,
        path: issuer.pathname.replace(/\/$/, '') + o.path,
        timeout: answerWithinMs,
        headers: {
          host: issuer.host,
          ...(config.TRUST_PROXY
            ? { 'x-forwarded-proto': issuer.protocol.slice(0, -1), 'x-forwarded-host': issuer.host }
            : {}),
          ...o.headers,
          ...(o.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(o.body)) }),
        },
      },
      answer => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('error', reject)
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            body: Buffer.concat(parts).toString('utf8'),
            type: answer.headers['content-type'] ?? '',
          }),
        )
      },
    )
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${answerWithinMs} ms`)))
    asked.on('error', reject)
    asked.end(o.body)
  })
}
