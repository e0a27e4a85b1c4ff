/**
 * The life of a signing key. Each algorithm has one `current` key, and during a rotation one `next`:
 *
 *   next ──every live replica publishes it, and clients had time to fetch it──► current ──the next one took over──► retired
 *                                                                                          verifies until its last token is gone ──► removed
 *
 * `key-rotation.ts` moves keys on, `key-ring.ts` makes each replica follow. A key that somebody else may have is removed from any state
 * at once, and with it all it signed (`key-revocation.ts`).
 */
import { randomUUID } from 'node:crypto'
import type { Kysely } from '@atrium/platform/database'
import { open, seal } from '@atrium/platform/secrets'
import { type CryptoKey, createLocalJWKSet, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import type { Schema } from '../database/schema.ts'

/** The keys of this provider at one moment: private ones for oidc-provider, public ones to verify with, one to sign with. */
export type Keys = {
  /** Private JWK set; the current key of each algorithm comes first, because oidc-provider signs with the first. */
  privateKeys: JWK[]
  /** Finds the public key of a token among all that are published. */
  verify: ReturnType<typeof createLocalJWKSet>
  signing: { kid: string; alg: 'ES256'; key: CryptoKey }
}

/** The keys as they are now: whoever signs or verifies asks for them at each use, because they change while the service runs. */
export type KeyRing = { readonly current: Keys }

// ES256 signs our own tokens, since it costs much less than RS256; RS256 is there for clients of others that know no other.
const algorithms = ['ES256', 'RS256'] as const

/**
 * Reads the signing keys, making them at the first start. Private halves lie sealed in the database.
 * @param encryptionKey the 32 bytes of ENCRYPTION_KEY
 * @throws Error when a key was sealed under another ENCRYPTION_KEY
 */
export async function loadKeys(db: Kysely<Schema>, encryptionKey: Buffer): Promise<Keys> {
  const current = await db
    .selectFrom('signing_key')
    .select('alg')
    .where('active_from', 'is not', null)
    .where('retired_at', 'is', null)
    .execute()
  const now = new Date()
  // Nobody has fetched keys of a provider that has none: the first ones sign at once.
  for (const alg of algorithms.filter(alg => !current.some(row => row.alg === alg)))
    await addKey(db, { encryptionKey, alg, published_at: now, active_from: now })
  return await readKeys(db, encryptionKey)
}

/** Makes a key of this algorithm that signs at once, because the one before is not to sign one token more. @returns its id */
export async function makeCurrentKey(db: Kysely<Schema>, encryptionKey: Buffer, alg: string): Promise<string> {
  const now = new Date()
  const kid = await addKey(db, { encryptionKey, alg, published_at: now, active_from: now })
  if (!kid) throw new Error(`there is a current ${alg} key`)
  return kid
}

/** Makes the keys that are to sign next, unless a rotation is under way. @returns the ids of those made */
export async function makeNextKeys(db: Kysely<Schema>, encryptionKey: Buffer): Promise<string[]> {
  const made = await Promise.all(algorithms.map(alg => addKey(db, { encryptionKey, alg })))
  return made.filter(kid => kid !== undefined)
}

async function readKeys(db: Kysely<Schema>, encryptionKey: Buffer): Promise<Keys> {
  const rows = await db
    .selectFrom('signing_key')
    .select(['private_sealed', 'public_jwk'])
    .orderBy(eb => eb('retired_at', 'is not', null))
    .orderBy(eb => eb('active_from', 'is', null))
    .orderBy('alg')
    .orderBy('retired_at', 'desc')
    .execute()
  const privateKeys = rows.map(row => JSON.parse(open(row.private_sealed, encryptionKey)) as JWK)
  const first = privateKeys.find(key => key.alg === 'ES256')
  if (!first?.kid) throw new Error('there is no ES256 key')
  return {
    privateKeys,
    verify: createLocalJWKSet({ keys: rows.map(row => row.public_jwk as JWK) }),
    signing: { kid: first.kid, alg: 'ES256', key: (await importJWK(first, 'ES256')) as CryptoKey },
  }
}

async function addKey(
  db: Kysely<Schema>,
  key: { encryptionKey: Buffer; alg: string; published_at?: Date; active_from?: Date },
): Promise<string | undefined> {
  const { encryptionKey, alg, ...state } = key
  const pair = await generateKeyPair(alg, { extractable: true })
  const kid = randomUUID()
  const named = { kid, alg, use: 'sig' }
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('signing_key')
    .values({
      kid,
      alg,
      private_sealed: seal(JSON.stringify({ ...(await exportJWK(pair.privateKey)), ...named }), encryptionKey),
      public_jwk: JSON.stringify({ ...(await exportJWK(pair.publicKey)), ...named }),
      ...state,
    })
    // Another replica was faster: its key is as good as ours.
    .onConflict(conflict => conflict.doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows ? kid : undefined
}
