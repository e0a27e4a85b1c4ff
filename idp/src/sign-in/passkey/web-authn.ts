/** The library is a tenth of a starting service's memory, so it comes with the first passkey. */
export const webAuthn = (): Promise<typeof import('@simplewebauthn/server')> => import('@simplewebauthn/server')
