import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  hash,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/**
 * Encrypts a text with AES-256-GCM under a fresh nonce.
 * @param key 32 bytes
 * @returns `v1.<nonce>.<tag>.<ciphertext>` in base64url
 */
export function seal(plain: string, key: Buffer): string {
  const nonce = randomBytes(12)
  // Given a Buffer, Node looks by exceptions whether it is not a key; those cost more than to encrypt.
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), nonce)
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
  return ['v1', nonce, cipher.getAuthTag(), body]
    .map(p => (typeof p === 'string' ? p : p.toString('base64url')))
    .join('.')
}

/**
 * Opens what `seal` closed.
 * @throws Error when the text was changed or sealed under another key
 */
export function open(sealed: string, key: Buffer): string {
  const [version, nonce, tag, body] = sealed.split('.')
  if (version !== 'v1' || !nonce || !tag || body === undefined) throw new Error('not a sealed text')
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), Buffer.from(nonce, 'base64url'))
  decipher.setAuthTag(Buffer.from(tag, 'base64url'))
  return Buffer.concat([decipher.update(Buffer.from(body, 'base64url')), decipher.final()]).toString('utf8')
}

/** SHA-256 in base64url, for bearer values that must be found again but not read. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** Compares two texts in a time that does not tell where they differ. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest())
}
