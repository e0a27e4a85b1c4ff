import { createHash } from 'node:crypto'
import { sha256 } from '@atrium/platform/secrets'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import { CompiledQuery, type Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'

const windowSeconds = 300

/** What a proof must be about. */
export type Proved = { proof: string; token: string; thumbprint: string; method: string; url: string }

const rememberSql = `
  insert into oidc_model (model, id_hash, payload, expires_at) values ('ReplayDetection', $1, '{}', now() + interval '10 minutes')
  on conflict do nothing returning 1`

/**
 * Checks a DPoP proof at a resource (RFC 9449 §4.3): signed by the key the token is bound to, for this token, method and address,
 * fresh, and never seen before; of two that arrive at once the database admits one.
 */
export async function proofHolds(db: Kysely<Schema>, proved: Proved): Promise<boolean> {
  const { proof, token, thumbprint, method, url } = proved
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: ['ES256', 'Ed25519', 'EdDSA'],
    })
    const { jwk } = protectedHeader
    if (!jwk || (await calculateJwkThumbprint(jwk)) !== thumbprint) return false
    if (payload.htm !== method || !sameAddress(payload.htu, url)) return false
    if (payload.ath !== createHash('sha256').update(token).digest('base64url')) return false
    if (typeof payload.iat !== 'number' || Math.abs(Date.now() / 1000 - payload.iat) > windowSeconds) return false
    if (typeof payload.jti !== 'string' || payload.jti === '') return false
    const { rows } = await db.executeQuery(CompiledQuery.raw(rememberSql, [sha256(`${thumbprint} ${payload.jti}`)]))
    return rows.length === 1
  } catch {
    return false
  }
}

function sameAddress(htu: unknown, url: string): boolean {
  if (typeof htu !== 'string' || !URL.canParse(htu)) return false
  const named = new URL(htu)
  return named.origin + named.pathname === url
}
