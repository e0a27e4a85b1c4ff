import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import * as client from 'openid-client'
import { startTestIdp, type TestIdp } from '../../idp/src/oidc/testing/idp.ts'

/** How the answer to an authorization request reaches the application. */
export type ResponseMode = 'query' | 'form_post'

/** An identity provider under test, and what a stranger needs to get on: a way to register applications. */
export type Stage = {
  idp: TestIdp
  issuer: string
  mode: ResponseMode
  /** Makes an initial access token through the admin API, as an administrator's script does. */
  registrationToken(): Promise<string>
  /** Registers an application with openid-client; the rest of it is `metadata`. */
  register(metadata?: Record<string, unknown>, authentication?: client.ClientAuth): Promise<client.Configuration>
  stop(): Promise<void>
}

/** Where the registered applications live; nobody listens there, the answers are read from the browser. */
export const applicationUrl = 'http://localhost:1/stranger'

/** The redirect URI of every application here. */
export const redirectUri = `${applicationUrl}/callback`

/** Starts one, on a database of its own. */
export async function startStage(mode: ResponseMode = 'query', env: Record<string, string> = {}): Promise<Stage> {
  const secret = randomBytes(24).toString('hex')
  const idp = await startTestIdp({
    env: {
      BOOTSTRAP_CLIENT_SECRET: secret,
      OUTGOING_HOSTS: 'localhost',
      KEY_PUBLICATION_SECONDS: '1',
      // What `startHost` has this process trust.
      NODE_EXTRA_CA_CERTS: fileURLToPath(new URL('./fixtures/localhost-cert.pem', import.meta.url)),
      ...env,
    },
  })
  const { db } = idp.service.deps
  await db
    .updateTable('person')
    .set({ phone: '+86 138 0000 0007', locale: 'zh-CN' })
    .where('id', '=', 'e0007')
    .execute()
  const registrationToken = async (): Promise<string> => {
    const admin = await client.discovery(
      new URL(idp.issuer),
      'bootstrap',
      {},
      client.ClientSecretBasic(secret),
      insecure,
    )
    const { access_token } = await client.clientCredentialsGrant(admin, { resource: 'urn:atrium:api', scope: 'admin' })
    const answer = await fetch(`${new URL(idp.issuer).origin}/admin/registration-tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ purpose: 'conformance' }),
    })
    if (answer.status !== 201) throw new Error(`no registration token: ${answer.status} ${await answer.text()}`)
    return ((await answer.json()) as { token: string }).token
  }
  return {
    idp,
    issuer: idp.issuer,
    mode,
    registrationToken,
    register: async (metadata = {}, authentication) => {
      const config = await client.dynamicClientRegistration(
        new URL(idp.issuer),
        {
          client_name: 'A stranger',
          redirect_uris: [redirectUri],
          post_logout_redirect_uris: [`${applicationUrl}/signed-out`],
          grant_types: ['authorization_code', 'refresh_token'],
          ...metadata,
        } as Parameters<typeof client.dynamicClientRegistration>[1],
        authentication,
        { initialAccessToken: await registrationToken(), ...insecure },
      )
      client.enableNonRepudiationChecks(config)
      return config
    },
    stop: () => idp.stop(),
  }
}

/** HTTP on loopback, for openid-client. */
export const insecure = { execute: [client.allowInsecureRequests] }

/** The secret an application got at its registration. */
export function secretOf(config: client.Configuration): string {
  return (config.clientMetadata() as { client_secret?: string }).client_secret ?? ''
}

/** The metadata an application got at its registration. */
export function registration(config: client.Configuration): Record<string, unknown> {
  return config.clientMetadata() as Record<string, unknown>
}
