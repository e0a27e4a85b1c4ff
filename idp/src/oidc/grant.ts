import type { Grant, KoaContextWithOIDC } from 'oidc-provider'

/**
 * The grant an authorization stands on. All applications belong to the company, so nobody is asked for consent.
 *
 * The session's grant of the client is reused: tokens that are bound to a session die when the grant's id changes, so a new
 * grant for every authorization would sign out the person's other tabs.
 */
export async function loadExistingGrant(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { client, account, session, provider, resourceServers } = ctx.oidc
  if (!client || !account || !session) return undefined
  const grantId = session.grantIdFor(client.clientId)
  const found = grantId ? await provider.Grant.find(grantId) : undefined
  const grant =
    found?.accountId === account.accountId
      ? found
      : new provider.Grant({ accountId: account.accountId, clientId: client.clientId })

  const missing = grant !== found || !covers(grant, ctx)
  if (!missing) return grant
  grant.addOIDCScope([...ctx.oidc.requestParamOIDCScopes].join(' '))
  grant.addOIDCClaims([...ctx.oidc.requestParamClaims])
  for (const [resource, server] of Object.entries(resourceServers ?? {})) grant.addResourceScope(resource, server.scope)
  await grant.save()
  return grant
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
