import { sha256 } from '@atrium/platform/secrets'
import { personOf, rightsIn } from '../access/person.ts'
import type { Connector } from '../systems/connector.ts'
import type { RequestContext } from './context.ts'

const digests = new WeakMap<Uint8Array, string>()

/**
 * Who would be given the same answer by a system: the person, where the system knows who asks, else everybody with the same
 * rights there. What may be read of the dictionary is part of it, so a right that is withdrawn is gone at once.
 */
export function readerOf(
  context: Pick<RequestContext, 'access' | 'credential' | 'viewer'>,
  connector: Pick<Connector, 'anonymous' | 'id'>,
): string {
  const { table } = context.access
  let digest = digests.get(table)
  if (digest === undefined) {
    digest = sha256(Buffer.from(table).toString('latin1'))
    digests.set(table, digest)
  }
  const person = personOf(context.viewer)
  const rights = person ? rightsIn(person, connector.id) : null
  const scope = rights ? `${[...rights.roles].sort().join(',')} ${rights.scope}` : ''
  return `${connector.anonymous ? 'anybody' : callerOf(context)} ${digest} ${scope}`
}

function callerOf({ credential }: Pick<RequestContext, 'credential'>): string {
  if (credential.kind === 'person') return `person ${credential.personId}`
  return credential.kind === 'bearer' ? `bearer ${sha256(credential.token)}` : 'service'
}
