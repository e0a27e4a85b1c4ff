import type { Authentication } from './configuration.ts'
import { ExpressionFault, evaluate, prepareExpression } from './expressions/evaluate.ts'
import type { HttpCall } from './protocols/protocol.ts'
import { sign } from './signing.ts'
import { type Credential, type Tokens, UpstreamError } from './types.ts'

/** How calls to one system say who is calling. */
export interface Authorization {
  /** Headers for a call, at once when they are at hand. @throws UpstreamError */
  headers(credential: Credential): Record<string, string> | Promise<Record<string, string>>
  /** What calls carry in their body, where the system keeps its session there. @throws UpstreamError */
  session?(): Promise<unknown>
  /** The call with its signature, where calls are signed one by one. @throws UpstreamError */
  sign?(call: HttpCall, credential: Credential, safe: boolean): HttpCall
  /** Forgets what was kept, because the system refused it. Says whether asking again can help. */
  refused(credential: Credential): boolean
  /** the system does not know who is behind a call of the gateway */
  anonymous: boolean
}

/**
 * @param signIn calls the operation by which a session is opened, without authorization
 */
export function createAuthorization(
  system: string,
  authentication: Authentication,
  tokens: Tokens,
  signIn: (operation: string, input: Record<string, unknown>) => Promise<unknown>,
): Authorization {
  switch (authentication.kind) {
    case 'exchange':
      return byToken(system, authentication.audience, tokens)
    case 'session':
      return bySession(system, authentication, signIn)
    case 'basic': {
      const value = `Basic ${Buffer.from(`${authentication.user}:${authentication.password}`).toString('base64')}`
      return fixed({ authorization: value })
    }
    case 'header':
      return fixed({ [authentication.name.toLowerCase()]: authentication.value })
    case 'signed':
      return {
        ...fixed({}),
        anonymous: authentication.account === undefined,
        sign: (call, credential, safe) =>
          sign(authentication, call, accountOf(system, authentication, credential, safe)),
      }
    case 'none':
      return fixed({})
  }
}

/** The token that a credential stands for at an audience. */
export async function exchange(
  system: string,
  audience: string,
  credential: Credential,
  tokens: Tokens,
): Promise<string> {
  if (credential.kind === 'bearer') return credential.token
  if (credential.kind === 'service') return await tokens.forService(audience)
  return await tokens.forPerson(system, audience, credential.personId, credential.accessToken)
}

/** In whose name a call is signed: what is changed for a person, in theirs and in nobody else's. */
function accountOf(
  system: string,
  { account }: Extract<Authentication, { kind: 'signed' }>,
  credential: Credential,
  safe: boolean,
): string | undefined {
  if (!account || credential.kind === 'service' || safe) return account?.own
  const own = credential.kind === 'person' ? credential.account?.(system) : null
  if (own && new RegExp(account.pattern).test(own)) return own
  throw new UpstreamError('UPSTREAM_REFUSED', system, 'has no account of this person in whose name it could be told', {
    outcome: 'not_sent',
    retryable: false,
  })
}

function byToken(system: string, audience: string, tokens: Tokens): Authorization {
  return {
    anonymous: false,
    headers(credential) {
      const kept = credential.kind === 'person' ? tokens.kept?.(audience, credential.personId) : undefined
      if (kept !== undefined) return { authorization: `Bearer ${kept}` }
      return exchange(system, audience, credential, tokens).then(token => ({ authorization: `Bearer ${token}` }))
    },
    refused(credential) {
      if (credential.kind !== 'person') return false
      tokens.forget(credential.personId)
      return true
    },
  }
}

function fixed(headers: Record<string, string>): Authorization {
  return { anonymous: true, headers: () => headers, refused: () => false }
}

interface Opened {
  headers: Record<string, string>
  session: unknown
}

function bySession(
  system: string,
  authentication: Extract<Authentication, { kind: 'session' }>,
  signIn: (operation: string, input: Record<string, unknown>) => Promise<unknown>,
): Authorization {
  const { header, keep } = authentication
  if (header) prepareExpression(header.value)
  if (keep !== undefined) prepareExpression(keep)
  let opened: Promise<Opened> | undefined

  async function open(): Promise<Opened> {
    const { operation, input } = authentication.login
    const result = await signIn(operation, input)
    const take = async (expression: string | undefined): Promise<unknown> =>
      expression === undefined ? undefined : await evaluate(expression, { input, result }).catch(noValue)
    const [value, session] = [await take(header?.value), await take(keep)]
    const missing = (header && typeof value !== 'string') || (keep !== undefined && (session ?? false) === false)
    if (missing)
      throw new UpstreamError('UPSTREAM_UNAUTHENTICATED', system, 'the sign-in gave no session', {
        outcome: 'not_sent',
        retryable: false,
      })
    return { headers: header ? { [header.name.toLowerCase()]: value as string } : {}, session }
  }
  function ensure(): Promise<Opened> {
    opened ??= open().catch(error => {
      opened = undefined
      throw error
    })
    return opened
  }
  return {
    anonymous: true,
    headers: async () => (await ensure()).headers,
    session: async () => (await ensure()).session,
    refused() {
      opened = undefined
      return true
    },
  }
}

function noValue(error: unknown): undefined {
  if (!(error instanceof ExpressionFault)) throw error
}
