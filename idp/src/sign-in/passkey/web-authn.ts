/** The library comes with the first passkey: a process that meets none need not hold it in memory. */
export const webAuthn = (): Promise<typeof import('@simplewebauthn/server')> => import('@simplewebauthn/server')
