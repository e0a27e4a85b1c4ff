import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import type { JWK } from 'jose'
import { ExternalSigningKey } from 'oidc-provider'

const signInThread = promisify(sign)

/**
 * A key of the provider that signs with OpenSSL at once. The library would hand each signature to another thread and wait for it, which
 * costs more than an ES256 signature itself. RS256 takes a millisecond and does go to a thread.
 */
export class SigningKey extends ExternalSigningKey {
  readonly #private: KeyObject
  readonly #public: KeyObject

  constructor(jwk: JWK) {
    super()
    this.#private = createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' })
    this.#public = createPublicKey(this.#private)
    Object.assign(this, { kid: jwk.kid, alg: jwk.alg })
  }

  override keyObject(): KeyObject {
    return this.#public
  }

  override sign(data: Uint8Array): Buffer | Promise<Buffer> {
    return this.alg === 'ES256'
      ? concatenated(sign('sha256', data, this.#private))
      : signInThread('sha256', data, this.#private)
  }
}

/**
 * The signature of JWS (RFC 7518 §3.4), r and s of 32 bytes each, from the DER form in which OpenSSL gives it. Asking Node for the first form
 * costs it more than the signature itself.
 */
export function concatenated(der: Buffer): Buffer {
  const both = Buffer.alloc(64)
  // SEQUENCE and INTEGERs are shorter than 128 bytes on this curve, so every length is one byte.
  let at = 2
  for (const end of [32, 64]) {
    const length = der[at + 1] ?? 0
    const from = at + 2
    at = from + length
    // An INTEGER has a zero in front when it would look negative, and none of its own in front.
    const start = Math.max(from, at - 32)
    der.copy(both, end - (at - start), start, at)
  }
  return both
}
