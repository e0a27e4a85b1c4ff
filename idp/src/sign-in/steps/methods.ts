import type { Level } from '../../oidc/acr.ts'

/** How somebody was recognised, as `amr` tells it (RFC 8176); `rc`, a recovery code, is our own. */
export type Method = 'pwd' | 'otp' | 'hwk' | 'user' | 'rc'

/** The level (`acr`) that these methods reach: `2` is two factors, or a passkey that verified its user, which is two in one. */
export function levelOf(methods: Method[]): Level {
  const possession = methods.some(one => one === 'otp' || one === 'hwk' || one === 'rc')
  const knowledge = methods.some(one => one === 'pwd' || one === 'user')
  return possession && knowledge ? '2' : '1'
}
