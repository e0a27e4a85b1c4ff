/**
 * One sign-in begins one session, however often its form is sent: the session's ids follow from the sign-in, so that all who send it write
 * the same row, and whichever answer the browser takes fits. That holds while the sign-in waits and while that session lives: after a
 * sign-out the same page begins a session that is new in every respect.
 */
import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Config } from '../config.ts'
import { authorizationWork } from './request-work.ts'

/** The ids of a session: the one that opens it, which its cookie holds, and the one by which its tokens find it. */
export type SessionIds = { id: string; uid: string }

/** The ids of the session that a person's sign-in begins. Without the key nobody can tell them from the sign-in's own id. */
export function begunSession(
  config: Pick<Config, 'ENCRYPTION_KEY'>,
  interactionId: string,
  personId: string,
): SessionIds {
  const key = keyOf(config.ENCRYPTION_KEY)
  const derived = (purpose: string): string =>
    createHmac('sha256', key).update(`${purpose}|${interactionId}|${personId}`).digest('base64url')
  return { id: derived('id'), uid: derived('uid') }
}

const keys = new WeakMap<Buffer, KeyObject>()

function keyOf(secret: Buffer): KeyObject {
  const known = keys.get(secret)
  if (known) return known
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', 'atrium session of a sign-in', 32)))
  keys.set(secret, key)
  return key
}

/** Gives the session of an authorization request that ends a sign-in the ids that belong to it; before anything follows from them. */
export function nameSession({ oidc }: KoaContextWithOIDC): void {
  const ids = authorizationWork()?.begins
  // The library's declaration leaves out that a session without a cookie is `new`, and that its id can be set.
  const session = oidc.session as { new?: boolean; id: string; uid: string } | undefined
  if (ids && session?.new) Object.assign(session, ids)
}
