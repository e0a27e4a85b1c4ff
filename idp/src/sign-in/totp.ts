import { now } from '@atrium/platform/clock'
import { generateSecret, generateURI, verifySync } from 'otplib'
import { renderSVG } from 'uqr'

/** A TOTP device that is being set up: what an authenticator application needs, in its three shapes. */
export type TotpEnrolment = {
  /** Base32, for typing. */
  secret: string
  /** `otpauth://`, for the application on this device. */
  uri: string
  /** The address as a QR code, for a camera. SVG, without style or script. */
  qr: string
}

/** A secret of 160 bits, as RFC 4226 §4 recommends. */
export function newTotpSecret(): string {
  return generateSecret()
}

/** What a person is shown of a secret. `issuer` and `username` are how the application names the entry. */
export function totpEnrolment(secret: string, names: { issuer: string; username: string }): TotpEnrolment {
  const uri = generateURI({ issuer: names.issuer, label: names.username, secret })
  return { secret, uri, qr: renderSVG(uri, { ecc: 'M', border: 2, pixelSize: 4 }) }
}

/** The six digits of a code as somebody typed them, with or without spaces; undefined when it can be none. */
export function totpCode(typed: unknown): string | undefined {
  const code = typeof typed === 'string' ? typed.replace(/[\s-]/g, '') : ''
  return /^[0-9]{6}$/.test(code) ? code : undefined
}

/**
 * The time step (RFC 6238) whose code this is: the present one, the one before or the one after, for clocks that are not quite
 * right. A caller has still to take the step, since a code counts once (§5.2).
 */
export function totpStep(secret: string, code: string): number | undefined {
  const result = verifySync({ secret, token: code, epoch: Math.floor(now().getTime() / 1000), epochTolerance: 30 })
  return result.valid && 'timeStep' in result ? result.timeStep : undefined
}
