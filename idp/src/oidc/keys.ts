import { randomUUID } from 'node:crypto'
import type { Kysely } from '@atrium/platform/database'
import { open, seal } from '@atrium/platform/secrets'
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import type { Schema } from '../database/schema.ts'

/** The keys of this provider: private ones for oidc-provider, public ones to verify with, one to sign with. */
export type Keys = {
  /** Private JWK set; the current key of each algorithm comes first, because oidc-provider signs with the first. */
  privateKeys: JWK[]
  publicKeys: JWK[]
  signing: { kid: string; alg: 'ES256'; key: CryptoKey }
}

// ES256 signs our own tokens, since it costs a third of RS256; RS256 is there for clients of others that know no other.
const algorithms = ['ES256', 'RS256'] as const

/**
 * Reads the signing keys, making them at the first start. Private halves lie sealed in the database.
 * @param encryptionKey the 32 bytes of ENCRYPTION_KEY
 * @throws Error when a key was sealed under another ENCRYPTION_KEY
 */
export async function loadKeys(db: Kysely<Schema>, encryptionKey: Buffer): Promise<Keys> {
  for (const alg of algorithms) {
    const current = await db
      .selectFrom('signing_key')
      .select('kid')
      .where('alg', '=', alg)
      .where('retired_at', 'is', null)
      .executeTakeFirst()
    if (!current) await addKey(db, encryptionKey, alg)
  }
  const rows = await db
    .selectFrom('signing_key')
    .selectAll()
    .orderBy(eb => eb('retired_at', 'is not', null))
    .orderBy('alg')
    .orderBy('created_at', 'desc')
    .execute()
  const privateKeys = rows.map(row => JSON.parse(open(row.private_sealed, encryptionKey)) as JWK)
  const first = privateKeys.find(key => key.alg === 'ES256')
  if (!first?.kid) throw new Error('there is no ES256 key')
  return {
    privateKeys,
    publicKeys: rows.map(row => row.public_jwk as JWK),
    signing: { kid: first.kid, alg: 'ES256', key: (await importJWK(first, 'ES256')) as CryptoKey },
  }
}

/**
 * Retires the current keys and makes new ones. Services take them at their next start; the old keys go on verifying.
 * @returns the ids of the new keys
 */
export async function rotateKeys(db: Kysely<Schema>, encryptionKey: Buffer): Promise<string[]> {
  return await db.transaction().execute(async trx => {
    await trx.updateTable('signing_key').set({ retired_at: new Date() }).where('retired_at', 'is', null).execute()
    const made: string[] = []
    for (const alg of algorithms) made.push(await addKey(trx, encryptionKey, alg))
    return made
  })
}

async function addKey(db: Kysely<Schema>, encryptionKey: Buffer, alg: string): Promise<string> {
  const pair = await generateKeyPair(alg, { extractable: true })
  const kid = randomUUID()
  const named = { kid, alg, use: 'sig' }
  await db
    .insertInto('signing_key')
    .values({
      kid,
      alg,
      private_sealed: seal(JSON.stringify({ ...(await exportJWK(pair.privateKey)), ...named }), encryptionKey),
      public_jwk: JSON.stringify({ ...(await exportJWK(pair.publicKey)), ...named }),
    })
    // Another replica was faster: its key is as good as ours.
    .onConflict(conflict => conflict.doNothing())
    .execute()
  return kid
}
