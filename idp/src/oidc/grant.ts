import { sha256 } from '@atrium/platform/secrets'
import type { Grant, KoaContextWithOIDC } from 'oidc-provider'
import { nameSession } from './begun-session.ts'

/**
 * The grant an authorization stands on. All applications belong to the company, so nobody is asked for consent.
 *
 * The session's grant of the client is reused: tokens that are bound to a session die when the grant's id changes, so a new
 * grant for every authorization would sign out the person's other tabs. Two tabs that open a client for the first time at the same
 * moment both find none: the new grant's id, and the `sid` of this client, follow from the session, so that both make the same ones.
 */
export async function loadExistingGrant(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { client, account, session, provider, resourceServers } = ctx.oidc
  if (!client || !account || !session) return undefined
  nameSession(ctx)
  const grantId = session.grantIdFor(client.clientId)
  const found = grantId ? await provider.Grant.find(grantId) : undefined
  if (!session.sidFor(client.clientId)) session.sidFor(client.clientId, derived(ctx, 'sid'))
  const grant = found?.accountId === account.accountId ? found : firstGrant(ctx, account.accountId, grantId)

  const missing = grant !== found || !covers(grant, ctx)
  if (!missing) return grant
  grant.addOIDCScope([...ctx.oidc.requestParamOIDCScopes].join(' '))
  grant.addOIDCClaims([...ctx.oidc.requestParamClaims])
  for (const [resource, server] of Object.entries(resourceServers ?? {})) grant.addResourceScope(resource, server.scope)
  await grant.save()
  return grant
}

/** @param revoked the id of a grant that has ended: what it gave must not live again under the same id */
function firstGrant(ctx: KoaContextWithOIDC, accountId: string, revoked: string | undefined): Grant {
  const { client, provider } = ctx.oidc
  const id = { jti: derived(ctx, `grant ${revoked ?? ''}`), accountId, clientId: client?.clientId ?? '' }
  const grant = new provider.Grant(id as ConstructorParameters<typeof provider.Grant>[0])
  // All of it: of two that are written at once the second replaces the first, whichever asked for less.
  grant.addOIDCScope('openid profile email phone')
  return grant
}

/** From the session's id, which nobody else knows, so that nobody can guess the result; a renewed session gives another one. */
function derived(ctx: KoaContextWithOIDC, purpose: string): string {
  const { session, client } = ctx.oidc
  return sha256(`atrium ${purpose}|${session?.jti}|${session?.uid}|${client?.clientId}`)
}

function covers(grant: Grant, ctx: KoaContextWithOIDC): boolean {
  const scopes = new Set(grant.getOIDCScope().split(' '))
  const claims = new Set(grant.getOIDCClaims())
  return (
    [...ctx.oidc.requestParamOIDCScopes].every(scope => scopes.has(scope)) &&
    [...ctx.oidc.requestParamClaims].every(claim => claims.has(claim)) &&
    Object.entries(ctx.oidc.resourceServers ?? {}).every(([resource, server]) => {
      const granted = new Set(grant.getResourceScope(resource).split(' '))
      return server.scope.split(' ').every(scope => granted.has(scope))
    })
  )
}
