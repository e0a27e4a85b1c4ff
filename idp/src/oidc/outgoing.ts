import type { Config } from '../config.ts'

/**
 * Whether this service may call an address that a registered client named. Only hosts of OUTGOING_HOSTS: whoever may register a
 * client must not make this service a door into the network it stands in.
 */
export function mayCall(config: Pick<Config, 'OUTGOING_HOSTS'>, address: unknown): boolean {
  if (typeof address !== 'string' || !URL.canParse(address)) return false
  const { protocol, host, hostname, username } = new URL(address)
  if (!/^https?:$/.test(protocol) || username) return false
  return config.OUTGOING_HOSTS.some(allowed => allowed === host || allowed === hostname)
}
