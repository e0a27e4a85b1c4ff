import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { z } from 'zod'
import type { Text } from '../oidc/tables.ts'

const key = z.looseObject({ kty: z.enum(['EC', 'RSA', 'OKP']), kid: z.string().max(200).optional() })

/** A JSON Web Key Set (RFC 7517) of public keys, as far as its shape goes; `keySetFault` looks into the keys. */
export const keySet = z
  .looseObject({ keys: z.array(key).min(1).max(20) })
  .meta({ id: 'KeySet', description: 'Public keys (RFC 7517)' })

/** Public keys of an application. */
export type KeySet = z.output<typeof keySet>

// RFC 7518 §6: what only the owner of a key knows.
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** Why a key set cannot verify an application's assertions. */
export function keySetFault(jwks: KeySet): { code: string; detail: Text } | undefined {
  for (const [i, one] of jwks.keys.entries()) {
    if (privateMembers.some(member => member in one))
      return {
        code: 'private_key',
        detail: {
          zh: `第 ${i + 1} 个密钥包含私钥：只能登记公钥，这个私钥应视为已泄露`,
          en: `Key ${i + 1} holds its private part: register public keys only, and take this one out of use`,
        },
      }
    if (!usable(one))
      return {
        code: 'unusable_key',
        detail: {
          zh: `第 ${i + 1} 个密钥不可用：需要 P-256、P-384、P-521、Ed25519 或至少 2048 位的 RSA 公钥`,
          en: `Key ${i + 1} cannot be used: it must be a P-256, P-384, P-521 or Ed25519 key, or RSA of at least 2048 bits`,
        },
      }
  }
  return undefined
}

function usable(one: object): boolean {
  try {
    const imported = createPublicKey({ key: one as JsonWebKey, format: 'jwk' })
    const { namedCurve, modulusLength } = imported.asymmetricKeyDetails ?? {}
    if (imported.asymmetricKeyType === 'rsa') return (modulusLength ?? 0) >= 2048
    if (imported.asymmetricKeyType === 'ec') return ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve ?? '')
    return imported.asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}
