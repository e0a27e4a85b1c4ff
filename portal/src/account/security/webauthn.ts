/** Why the browser made no passkey. */
export type PasskeyFault = 'unsupported' | 'cancelled' | 'known' | 'origin' | 'failed'

export class PasskeyError extends Error {
  readonly fault: PasskeyFault

  constructor(fault: PasskeyFault, message: string) {
    super(message)
    this.fault = fault
  }
}

/** Whether this browser makes passkeys from JSON (Web Authentication Level 3, section 5.1.8). */
export function canMakePasskeys(): boolean {
  return (
    typeof PublicKeyCredential === 'function' &&
    typeof PublicKeyCredential.parseCreationOptionsFromJSON === 'function' &&
    'toJSON' in PublicKeyCredential.prototype
  )
}

/**
 * Lets the browser make a passkey.
 * @param options what idp asks for, as JSON
 * @returns the browser's answer as JSON
 * @throws PasskeyError
 */
export async function makePasskey(
  options: PublicKeyCredentialCreationOptionsJSON,
  signal: AbortSignal,
): Promise<unknown> {
  if (!canMakePasskeys()) throw new PasskeyError('unsupported', '')
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
    const made = await navigator.credentials.create({ publicKey, signal })
    if (made instanceof PublicKeyCredential) return made.toJSON()
  } catch (error) {
    throw new PasskeyError(faultOf(error), error instanceof Error ? error.message : String(error))
  }
  throw new PasskeyError('cancelled', '')
}

const faults: Record<string, PasskeyFault> = {
  NotAllowedError: 'cancelled',
  AbortError: 'cancelled',
  InvalidStateError: 'known',
  SecurityError: 'origin',
  NotSupportedError: 'unsupported',
}

/** What one of the browser's errors means (Web Authentication, section 5.1.3). */
export function faultOf(error: unknown): PasskeyFault {
  return (error instanceof Error && faults[error.name]) || 'failed'
}

/** What the browser says it runs on, for a passkey's first name. */
export function deviceInUse(): string {
  // Chromium only, and missing from TypeScript's library.
  const { userAgentData } = navigator as Navigator & { userAgentData?: { platform?: string } }
  return userAgentData?.platform || /Windows|Android|iPhone|iPad|Mac|Linux/.exec(navigator.userAgent)?.[0] || 'Web'
}
