import type { Answered } from '../../../admin/testing/idp.ts'
import type { TestIdp } from '../../../oidc/testing/idp.ts'
import { visit } from '../../../oidc/testing/relying-party.ts'
import { submit, type Walk } from '../../testing/walk.ts'
import { type Deviation, SoftAuthenticator } from './authenticator.ts'

/** Calls the account API as a person who signs in now. */
export async function account(idp: TestIdp, username: string) {
  const { tokens } = await visit(idp, 'portal', username)
  return async (method: string, path: string, body?: unknown): Promise<Answered> => {
    const response = await fetch(`${new URL(idp.issuer).origin}/account/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${tokens.access_token}`,
        'accept-language': 'en',
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text ? JSON.parse(text) : null, headers: response.headers }
  }
}

/** Gives a person a passkey, by the account API as the portal calls it. */
export async function givePasskey(idp: TestIdp, username: string, bent: Deviation = {}): Promise<SoftAuthenticator> {
  const call = await account(idp, username)
  const authenticator = new SoftAuthenticator(new URL(idp.issuer).origin)
  const { body } = await call('POST', 'passkeys/options', {})
  const response = authenticator.create(body.options, { origin: idp.portal, ...bent })
  const added = await call('POST', 'passkeys', { enrolment: body.enrolment, response, name: 'Laptop' })
  if (added.status !== 201) throw new Error(`the passkey was not added: ${JSON.stringify(added.body)}`)
  return authenticator
}

/** What the script of the page asks for: the options, or the refusal of them. */
export async function optionsOf(
  walk: Walk,
): Promise<{ status: number; body: Record<string, never> & { challenge: string } }> {
  const response = await walk.browser.fetch(`${walk.url.origin}${walk.url.pathname}/passkey/options`, {
    method: 'POST',
  })
  return { status: response.status, body: await response.json() }
}

/** Sends an answer to the page as its script does. */
export async function answer(walk: Walk, response: unknown, more: Record<string, string> = {}): Promise<Walk> {
  return await submit(walk, { response: typeof response === 'string' ? response : JSON.stringify(response), ...more })
}

/** The whole of it: a challenge, the passkey's answer, where it leads. */
export async function usePasskey(walk: Walk, authenticator: SoftAuthenticator, bent: Deviation = {}): Promise<Walk> {
  const { body } = await optionsOf(walk)
  return await answer(walk, authenticator.get(body, bent), { remember: 'yes' })
}
