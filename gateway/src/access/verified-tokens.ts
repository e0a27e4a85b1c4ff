import type { TokenVerifier } from './authenticate.ts'

const mostKept = 5000
const keptMs = 60_000

/**
 * Remembers for a minute which tokens were found right: people ask many times a minute with the same one, and a signature
 * costs more to check than most questions to answer. Never beyond the token's own end; `forget` makes all be checked anew,
 * because a key is gone. Tokens that were refused are checked anew every time.
 */
export function rememberVerified(
  verify: TokenVerifier,
  clock: () => number = Date.now,
): TokenVerifier & { forget(): void } {
  const kept = new Map<string, { payload: Awaited<ReturnType<TokenVerifier>>; until: number }>()
  let forgotten = 0
  const remembering: TokenVerifier = async token => {
    const known = kept.get(token)
    if (known && known.until > clock()) return known.payload
    kept.delete(token)
    const then = forgotten
    const payload = await verify(token)
    // It may have been found right by a key that is gone by now.
    if (then !== forgotten) return await remembering(token)
    if (kept.size >= mostKept) kept.delete(kept.keys().next().value as string)
    kept.set(token, { payload, until: Math.min(clock() + keptMs, (payload.exp ?? 0) * 1000) })
    return payload
  }
  const forget = (): void => {
    forgotten++
    kept.clear()
  }
  return Object.assign(remembering, { forget })
}
