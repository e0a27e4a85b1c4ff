/** Everybody's password in these tests. */
export const password = 'Welcome-2026'

/** Secrets of the clients in these tests. */
export const secretOf = (client: string): string =>
  client === 'gateway' ? 'gateway-secret-for-tests' : `secret-of-the-${client}-system`
