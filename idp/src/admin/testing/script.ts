import type { TestIdp } from '../../oidc/testing/idp.ts'
import type { Answered } from './idp.ts'

/** The secret with which a test idp has to be started (`BOOTSTRAP_CLIENT_SECRET`) so that a script may call it. */
export const scriptSecret = 'bootstrap-secret-for-tests'

/** An administrator's script: a client with the scope `admin`, which calls the admin API with a token from the token endpoint. */
export async function script(idp: Pick<TestIdp, 'issuer'>) {
  const granted = await fetch(`${idp.issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`bootstrap:${scriptSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'admin' }),
  })
  const { access_token: token } = (await granted.json()) as { access_token: string }
  return async (method: string, path: string, body?: unknown, more: Record<string, string> = {}): Promise<Answered> => {
    const response = await fetch(`${new URL(idp.issuer).origin}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'accept-language': 'en',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...more,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text ? JSON.parse(text) : null, headers: response.headers }
  }
}
