import type { TokenVerifier } from './authenticate.ts'

const mostKept = 5000
const keptMs = 60_000

/**
 * Remembers for a minute which tokens were found right: people ask many times a minute with the same one, and a signature
 * costs more to check than most questions to answer. Not longer, so that a key the issuer took back counts no more soon after;
 * never beyond the token's own end. Tokens that were refused are checked anew.
 */
export function rememberVerified(verify: TokenVerifier, clock: () => number = Date.now): TokenVerifier {
  const kept = new Map<string, { payload: Awaited<ReturnType<TokenVerifier>>; until: number }>()
  return async token => {
    const known = kept.get(token)
    if (known && known.until > clock()) return known.payload
    kept.delete(token)
    const payload = await verify(token)
    if (kept.size >= mostKept) kept.delete(kept.keys().next().value as string)
    kept.set(token, { payload, until: Math.min(clock() + keptMs, (payload.exp ?? 0) * 1000) })
    return payload
  }
}
