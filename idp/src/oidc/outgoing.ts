import type { Config } from '../config.ts'

/**
 * Whether this service may call an address that a registered client named. Only hosts of OUTGOING_HOSTS, compared as they will be
 * called (`URL` has turned every other spelling of an address into its usual one): whoever may register a client must not make this
 * service a door into the network it stands in.
 */
export function mayCall(config: Pick<Config, 'OUTGOING_HOSTS'>, address: unknown): boolean {
  if (typeof address !== 'string' || !URL.canParse(address)) return false
  const { protocol, hostname, port, username, password } = new URL(address)
  if (!/^https?:$/.test(protocol) || username || password) return false
  const withPort = `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`
  return config.OUTGOING_HOSTS.some(allowed => [hostname, withPort].includes(allowed.toLowerCase()))
}
