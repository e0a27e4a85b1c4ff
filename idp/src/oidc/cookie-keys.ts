import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import type Koa from 'koa'

type Keygrip = Exclude<Koa['keys'], string[]>

/**
 * Signs cookies with the first key and verifies with all of them, as Keygrip does, with HMAC-SHA-256. Keygrip itself prepares its key
 * anew for each signature and compares by two more HMACs, which was a twentieth of a sign-in.
 */
export function cookieKeys(secrets: readonly string[]): Keygrip {
  const keys = secrets.map(secret => createSecretKey(Buffer.from(secret)))
  const signature = (data: string, n: number): string => {
    const key = keys[n]
    if (!key) throw new Error('there is no key to sign cookies with')
    return createHmac('sha256', key).update(data).digest('base64url')
  }
  const index = (data: string, given: string): number => keys.findIndex((_, n) => same(signature(data, n), given))
  return {
    sign: data => signature(String(data), 0),
    index: (data, given) => index(String(data), given),
    verify: (data, given) => index(String(data), given) >= 0,
  }
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
