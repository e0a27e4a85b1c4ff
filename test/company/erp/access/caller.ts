import type { DatabaseSync } from 'node:sqlite'
import type { Problem } from '@atrium/platform/problem'
import type { Caller as TokenCaller } from '../../web/bearer.ts'
import { findUser } from '../business/users.ts'
import { ODataError } from '../odata/errors.ts'
import type { Caller } from './rights.ts'

export const AUDIENCE = 'urn:atrium:system:erp'

/** The caller of a verified token with the rights that this store gives at this moment. @throws ODataError 403 */
export function callerFrom(db: DatabaseSync, token: TokenCaller): Caller {
  if (token.kind === 'service')
    return {
      kind: 'service',
      clientId: token.clientId,
      mayProvision: token.clientId === 'gateway' || token.scopes.includes('scim'),
    }
  const user = findUser(db, token.userId)
  if (!user?.active) throw new ODataError(403, 'NoAccount', `User ${token.userId} has no active account here.`)
  return { kind: 'person', userId: user.userId, roles: user.roles }
}

/** A refusal of the token as OData says it. */
export const asODataError = (problem: Problem): ODataError =>
  new ODataError(problem.status, problem.code, problem.detail.en)
