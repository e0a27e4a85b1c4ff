import { Transport } from './resilience/transport.ts'
import { type Tokens, UpstreamError } from './types.ts'

interface Kept {
  token: string
  /** epoch ms from which it is not used any more */
  until: number
}

const margin = 30_000
const patience = 3000
const mostKept = 5000

/**
 * Tokens of the issuer for calls that leave the gateway. A person's token is kept under (person, audience) in this process
 * only, until 30 s before it expires; one exchange serves the calls that ask for it at the same moment.
 * @param options the client of the gateway at the issuer
 */
export function createTokens(options: {
  issuer: string
  clientId: string
  clientSecret: string
}): Tokens & { close(): Promise<void> } {
  const transport = new Transport('idp', 8, 1024 * 1024)
  const kept = new Map<string, Kept>()
  const underWay = new Map<string, Promise<string>>()
  let endpoint: Promise<string> | undefined
  let forgotten = 0

  const basic = Buffer.from(
    `${encodeURIComponent(options.clientId)}:${encodeURIComponent(options.clientSecret)}`,
  ).toString('base64')

  async function discover(): Promise<string> {
    const url = `${options.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const answer = await transport.send(
      { method: 'GET', url, headers: { accept: 'application/json' } },
      Date.now() + patience,
    )
    const found =
      answer.status === 200 ? (JSON.parse(answer.body) as { token_endpoint?: unknown }).token_endpoint : undefined
    if (typeof found !== 'string')
      throw new UpstreamError('UPSTREAM_UNAVAILABLE', 'idp', `discovery answered ${answer.status}`)
    return found
  }

  async function ask(system: string, form: Record<string, string>): Promise<Kept> {
    endpoint ??= discover()
    const url = await endpoint.catch(error => {
      endpoint = undefined
      throw unavailable(system, error)
    })
    const headers = {
      authorization: `Basic ${basic}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    }
    const answer = await transport
      .send({ method: 'POST', url, headers, body: new URLSearchParams(form).toString() }, Date.now() + patience)
      .catch(error => {
        throw unavailable(system, error)
      })
    const body = safeParse(answer.body)
    if (answer.status === 200 && typeof body.access_token === 'string') {
      const seconds = typeof body.expires_in === 'number' ? body.expires_in : 60
      return { token: body.access_token, until: Date.now() + seconds * 1000 - margin }
    }
    if (answer.status >= 500)
      throw new UpstreamError('UPSTREAM_UNAVAILABLE', system, `the issuer answered ${answer.status}`, {
        outcome: 'not_sent',
      })
    throw new UpstreamError(
      'UPSTREAM_UNAUTHENTICATED',
      system,
      `the issuer refused a token: ${String(body.error ?? answer.status)}`,
      { outcome: 'not_sent', retryable: false },
    )
  }

  const keptAt = (key: string): string | undefined => {
    const one = kept.get(key)
    return one && one.until > Date.now() ? one.token : undefined
  }

  async function obtain(key: string, system: string, form: Record<string, string>): Promise<string> {
    const one = keptAt(key)
    if (one !== undefined) return one
    const running = underWay.get(key)
    if (running) return await running
    const then = forgotten
    const asked = ask(system, form)
      .then(fresh => {
        // Asked for before all of them were forgotten, it may be one of those that were meant.
        if (then !== forgotten) return fresh.token
        if (kept.size >= mostKept) kept.delete(kept.keys().next().value as string)
        kept.set(key, fresh)
        return fresh.token
      })
      .finally(() => underWay.delete(key))
    underWay.set(key, asked)
    return await asked
  }

  return {
    forPerson: (system, audience, personId, accessToken) =>
      obtain(`p ${personId} ${audience}`, system, {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: accessToken,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience,
      }),
    kept: (audience, personId) => keptAt(`p ${personId} ${audience}`),
    forService: (resource, scope) =>
      obtain(`s ${resource} ${scope ?? ''}`, resource, {
        grant_type: 'client_credentials',
        resource,
        ...(scope && { scope }),
      }),
    forget(personId) {
      if (personId === undefined) forgotten++
      for (const key of kept.keys()) if (personId === undefined || key.startsWith(`p ${personId} `)) kept.delete(key)
    },
    close: () => transport.close(),
  }
}

function unavailable(system: string, error: unknown): UpstreamError {
  return new UpstreamError(
    'UPSTREAM_UNAVAILABLE',
    system,
    `the issuer could not be asked: ${(error as Error).message}`,
    { outcome: 'not_sent', cause: error },
  )
}

function safeParse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
