import type { DatabaseSync } from 'node:sqlite'
import type { Caller as TokenCaller } from '../../web/bearer.ts'
import { OaFault } from '../soap/fault.ts'
import { findUser, type OaUser } from '../users.ts'

export const AUDIENCE = 'urn:atrium:system:oa'

/** Who calls. Roles come from this system's own store at each request, never from the token. */
export type Caller = { kind: 'person'; user: OaUser } | { kind: 'service'; clientId: string; mayProvision: boolean }

/** The caller of a verified token. @throws OaFault `oa:NoAccount` */
export function callerFrom(db: DatabaseSync, token: TokenCaller): Caller {
  if (token.kind === 'service')
    return {
      kind: 'service',
      clientId: token.clientId,
      mayProvision: token.clientId === 'gateway' || token.scopes.includes('scim'),
    }
  const user = findUser(db, token.userId)
  if (!user?.active) throw new OaFault('NoAccount', `User ${token.userId} has no active account here.`)
  return { kind: 'person', user }
}

/** The person who acts. @throws OaFault `oa:Forbidden` for a service account, or a person without any role */
export function actingPerson(caller: Caller): OaUser {
  if (caller.kind === 'service') throw new OaFault('Forbidden', 'A service account reads; one acts here as a person.')
  if (caller.user.roles.length === 0) throw new OaFault('Forbidden', 'Your account has no role here.')
  return caller.user
}

/** @throws OaFault `oa:Forbidden` */
export function requireService(caller: Caller, orRole?: string): void {
  if (caller.kind === 'service') return
  if (orRole && caller.user.roles.includes(orRole)) return
  throw new OaFault(
    'Forbidden',
    orRole ? `This needs a service account or the role ${orRole}.` : 'This needs a service account.',
  )
}
