/**
 * keycloak-js decodes the middle segment of every refresh token and fails on an opaque one (keycloak/keycloak-js#149), so
 * the token endpoint hands out `rt.<payload>.<opaque>`. The first segment is no JOSE header on purpose: revocation
 * and introspection refuse what looks like a JWT.
 */
export function wrapRefreshToken(opaque: string, times: { iat: number; exp?: number }): string {
  const payload = Buffer.from(JSON.stringify({ typ: 'Refresh', ...times })).toString('base64url')
  return `rt.${payload}.${opaque}`
}

/** The opaque token inside a wrapped one; anything else comes back as it is. */
export function unwrapRefreshToken(token: string): string {
  return token.startsWith('rt.') ? token.slice(token.lastIndexOf('.') + 1) : token
}
