import { randomBytes } from 'node:crypto'
import { sha256 } from '@atrium/platform/secrets'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { registrationPolicy } from './features.ts'

/**
 * Makes an initial access token (RFC 7591 §3): with it clients register themselves until it expires. Stored as the library
 * stores one, found by its hash.
 */
export async function issueInitialAccessToken(
  db: Kysely<Schema>,
  hours: number,
): Promise<{ token: string; expiresAt: Date }> {
  const token = randomBytes(32).toString('base64url')
  const iat = Math.floor(Date.now() / 1000)
  const exp = iat + hours * 3600
  const expiresAt = new Date(exp * 1000)
  await db
    .insertInto('oidc_model')
    .values({
      model: 'InitialAccessToken',
      id_hash: sha256(token),
      payload: JSON.stringify({ kind: 'InitialAccessToken', iat, exp, policies: [registrationPolicy] }),
      expires_at: expiresAt,
    })
    .execute()
  return { token, expiresAt }
}
