/**
 * The baseline: oidc-provider with its memory adapter and nothing of ours, giving the same kinds of tokens (ES256, a JWT
 * access token with roles, an ID token, a rotated refresh token). Its sign-in accepts everybody.
 */
import { createServer } from 'node:http'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'
import { secretOf } from '../src/oidc/testing/accounts.ts'

const port = Number(process.env.PORT)
const issuer = `http://localhost:${port}`
const { privateKey } = await generateKeyPair('ES256', { extractable: true })

const provider = new Provider(issuer, {
  jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'bench' }] } as never,
  cookies: { keys: ['a key of the bench only'] },
  clients: [
    {
      client_id: 'portal',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://localhost:39000/'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
    },
    {
      client_id: 'crm',
      client_secret: secretOf('crm'),
      redirect_uris: ['http://localhost:1/crm/oidc/callback'],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      response_types: ['code'],
    },
  ],
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  findAccount: (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id, name: 'Li Na' }) }),
  extraTokenClaims: async () => ({
    realm_access: { roles: ['employee'] },
    resource_access: { crm: { roles: ['TeamLead'] } },
  }),
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:atrium:api',
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'openid',
        audience: 'atrium',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 300,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  interactions: { url: (_ctx, interaction) => `/accept/${interaction.uid}` },
  loadExistingGrant: async ctx => {
    const grant = new ctx.oidc.provider.Grant({
      accountId: ctx.oidc.account?.accountId ?? '',
      clientId: ctx.oidc.client?.clientId ?? '',
    })
    grant.addOIDCScope('openid profile email')
    grant.addResourceScope('urn:atrium:api', 'openid')
    await grant.save()
    return grant
  },
})

createServer((request, response) => {
  if (request.url?.startsWith('/accept/')) {
    void provider.interactionFinished(request, response, { login: { accountId: 'e0007' } })
    return
  }
  void provider.callback()(request, response)
}).listen(port, '127.0.0.1')
