import * as client from 'openid-client'
import { secretOf } from './accounts.ts'
import { TestBrowser } from './browser.ts'
import type { TestIdp } from './idp.ts'

type Issuer = Pick<TestIdp, 'issuer' | 'portal'>

/** A person's visit to one client, signed in by openid-client. */
export type Visit = {
  browser: TestBrowser
  rp: client.Configuration
  tokens: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers
}

/** A client as openid-client knows it; public for the portal, with its secret for all others. */
export async function relyingParty(idp: Issuer, clientId: string): Promise<client.Configuration> {
  const authentication = clientId === 'portal' ? client.None() : client.ClientSecretBasic(secretOf(clientId))
  return await client.discovery(
    new URL(idp.issuer),
    clientId,
    { id_token_signed_response_alg: 'ES256' },
    authentication,
    {
      execute: [client.allowInsecureRequests],
    },
  )
}

/** The authorization request of a client, with PKCE, state and nonce. */
export async function authorizationRequest(
  rp: client.Configuration,
  redirectUri: string,
  more: Record<string, string> = {},
) {
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const nonce = client.randomNonce()
  const url = client.buildAuthorizationUrl(rp, {
    redirect_uri: redirectUri,
    scope: 'openid profile email',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...more,
  })
  return { url, checks: { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce } }
}

/** Signs a person in to a client, or just opens the client when the browser has a session already. */
export async function visit(
  idp: Issuer,
  clientId: string,
  username: string,
  options: { browser?: TestBrowser; redirectUri?: string; rp?: client.Configuration } = {},
): Promise<Visit> {
  const browser = options.browser ?? new TestBrowser()
  const rp = options.rp ?? (await relyingParty(idp, clientId))
  const redirectUri =
    options.redirectUri ?? (clientId === 'portal' ? `${idp.portal}/` : `http://localhost:1/${clientId}/oidc/callback`)
  const { url, checks } = await authorizationRequest(rp, redirectUri)
  const callback = await browser.signIn(url, username)
  return { browser, rp, tokens: await client.authorizationCodeGrant(rp, callback, checks) }
}
