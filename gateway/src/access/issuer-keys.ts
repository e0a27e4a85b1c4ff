import { listen } from '@atrium/platform/database'
import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose'
import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import type { PeopleTables } from './tables.ts'

const channel = 'atrium_issuer_keys'

/** The keys by which the issuer's tokens are verified, as it publishes them. */
export type IssuerKeys = {
  /** Finds the key of a token; an unknown one makes the keys be fetched anew. */
  find: JWTVerifyGetKey
  /** Calls when a key is published no more, so that nothing verified by it counts. Returns the function that ends it. */
  onGone(listener: () => void): () => void
  /** Makes every replica look now. */
  look(): Promise<void>
  stop(): Promise<void>
}

/**
 * Keeps the issuer's keys: a key that it took back is dropped on every replica as soon as it says so, and where that was lost, at the
 * next look.
 * @param options `everyMs` is how often it looks when nobody tells it to
 */
export function issuerKeys(
  db: Kysely<PeopleTables>,
  options: { issuer: string; databaseUrl: string; log: Logger; everyMs?: number },
): IssuerKeys {
  const keys = createRemoteJWKSet(new URL(`${options.issuer}/protocol/openid-connect/certs`), {
    cooldownDuration: 5000,
    cacheMaxAge: 600_000,
    timeoutDuration: 3000,
  })
  const listeners = new Set<() => void>()
  const published = (): string[] => (keys.jwks()?.keys ?? []).map(key => key.kid ?? '')
  let known = new Set<string>()

  const reload = async (): Promise<void> => {
    for (const kid of published()) known.add(kid)
    await keys.reload()
    const now = new Set(published())
    const gone = [...known].some(kid => !now.has(kid))
    known = now
    if (gone) for (const listener of listeners) listener()
  }
  let looking: Promise<void> | undefined
  let again = false
  // One look at a time; who asks during one causes another, since that one may have begun too early.
  const look = (): void => {
    again = true
    looking ??= (async () => {
      while (again) {
        again = false
        await reload()
      }
    })()
      // What is known goes on counting: an issuer that is away has taken nothing back.
      .catch(error => options.log.debug({ err: error }, "the issuer's keys could not be looked at"))
      .finally(() => {
        looking = undefined
      })
  }
  const told = listen(options.databaseUrl, [channel], look, look)
  const timer = setInterval(look, options.everyMs ?? 30_000)
  look()

  return {
    find: keys,
    onGone(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    look: async () => void (await sql`select pg_notify(${channel}, '')`.execute(db)),
    async stop() {
      clearInterval(timer)
      await told.stop()
      await looking
    },
  }
}
