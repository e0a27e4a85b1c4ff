import type { AccessTokens } from './access-token.ts'

/**
 * Issues the tokens by which the identity provider itself calls others: SCIM services of the systems, the gateway's
 * facade and event intake. A token is reused until a minute before it ends, or another key signs.
 */
export function serviceTokens(tokens: AccessTokens) {
  const issued = new Map<string, { token: Promise<string>; until: number }>()

  return async function issueServiceToken(request: { audience: string; scope: string }): Promise<string> {
    const key = `${tokens.signingKeyId()} ${request.audience} ${request.scope}`
    const known = issued.get(key)
    if (known && known.until > Date.now()) return await known.token
    const token = tokens.signAccessToken({ sub: 'idp', client_id: 'idp', aud: request.audience, scope: request.scope })
    issued.set(key, { token, until: Date.now() + 240_000 })
    return await token
  }
}
