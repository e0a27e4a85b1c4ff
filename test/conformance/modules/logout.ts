import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { expect } from 'vitest'
import { logoutReceiver } from '../../../idp/src/oidc/testing/receiver.ts'
import type { Module } from '../report.ts'
import { applicationUrl, registration, type Stage } from '../stage.ts'
import { authorize, formOf, signIn } from '../visit.ts'

const signedOut = `${applicationUrl}/signed-out`

type Params = Record<string, string | undefined>

/** Signs in, opens the sign-out endpoint with `params`, and confirms where a page asks. */
async function signOut(stage: Stage, params: (hint: string) => Params, options: { post?: boolean } = {}) {
  const config = await stage.register()
  const visit = await signIn(stage, config)
  const url = new URL(config.serverMetadata().end_session_endpoint!)
  for (const [name, value] of Object.entries(params(visit.tokens.id_token!)))
    if (value !== undefined) url.searchParams.set(name, value)
  const request = options.post ? { method: 'POST', body: url.searchParams } : {}
  let at = await visit.browser.follow(options.post ? new URL(url.pathname, url) : url, request)
  const status = at.response.status
  const html = status === 200 ? await at.response.text() : ''
  const form = status === 200 ? formOf(html) : undefined
  const asked = form !== undefined
  if (form) {
    form.fields.set('logout', 'yes')
    at = await visit.browser.follow(form.action, { method: 'POST', body: form.fields })
  }
  const left = at.response.status >= 300 && at.response.status < 400
  const alive = async (): Promise<boolean> =>
    (await authorize(stage, config, { prompt: 'none' }, { browser: visit.browser })).params.has('code')
  return {
    visit,
    config,
    status,
    asked,
    html,
    back: left ? at.url : undefined,
    alive,
    page: left ? '' : await text(at.response),
  }
}

async function text(response: Response): Promise<string> {
  return response.bodyUsed ? '' : await response.text()
}

/** Sign-outs that must end at the application. */
const returns = (id: string, asks: string, state: string | undefined, options: { post?: boolean } = {}): Module => ({
  id,
  asks,
  run: async stage => {
    const out = await signOut(
      stage,
      hint => ({ id_token_hint: hint, post_logout_redirect_uri: signedOut, state }),
      options,
    )
    expect(out.back?.href).toBe(state ? `${signedOut}?state=${state}` : signedOut)
    expect(await out.alive()).toBe(false)
  },
})

/** Requests that are answered by an error page: the person stays signed in, and is not sent anywhere. */
const errorPage = (id: string, asks: string, params: (hint: string) => Params): Module => ({
  id,
  asks,
  run: async stage => {
    const out = await signOut(stage, params)
    expect(out.status).toBe(400)
    expect(out.back).toBeUndefined()
    expect(await out.alive()).toBe(true)
  },
})

/** Sign-outs that name no address to return to: they end on a page of the provider. */
const staysHere = (id: string, asks: string, params: (hint: string) => Params): Module => ({
  id,
  asks,
  run: async stage => {
    const out = await signOut(stage, params)
    expect(out.back).toBeUndefined()
    expect(out.asked).toBe(true)
    expect(out.page).toContain('已退出')
    expect(await out.alive()).toBe(false)
  },
})

/** Another signature than the one it had. */
function forged(jwt: string): string {
  const [head, payload, signature = ''] = jwt.split('.')
  return [head, payload, (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1)].join('.')
}

const prefix = 'oidcc-rp-initiated-logout'

/** The 11 modules of RP-initiated logout. */
export const rpInitiatedLogout: Module[] = [
  {
    id: `${prefix}-discovery-endpoint-verification`,
    asks: 'discovery names an `end_session_endpoint` of the issuer',
    run: async stage => {
      const { end_session_endpoint: endpoint } = (await stage.register()).serverMetadata()
      expect(endpoint?.startsWith(`${stage.issuer}/`)).toBe(true)
    },
  },
  {
    ...returns(prefix, 'signs out and returns with `state`; by GET and by POST', 'some-state'),
    run: async stage => {
      await returns('', '', 'some-state').run(stage)
      await returns('', '', 'some-state', { post: true }).run(stage)
    },
  },
  errorPage(`${prefix}-bad-post-logout-redirect-uri`, 'an address that is not registered', hint => ({
    id_token_hint: hint,
    post_logout_redirect_uri: `${applicationUrl}/elsewhere`,
    state: 's',
  })),
  errorPage(`${prefix}-modified-id-token-hint`, 'a hint with another signature', hint => ({
    id_token_hint: forged(hint),
    post_logout_redirect_uri: signedOut,
    state: 's',
  })),
  {
    id: `${prefix}-no-id-token-hint`,
    asks: 'an address without a hint that says whose it is: no redirect',
    run: async stage => {
      const out = await signOut(stage, () => ({ post_logout_redirect_uri: signedOut, state: 's' }))
      expect(out.back).toBeUndefined()
    },
  },
  staysHere(`${prefix}-no-params`, 'no parameters: asks, then ends here', () => ({})),
  staysHere(`${prefix}-no-post-logout-redirect-uri`, 'a hint and no address', hint => ({
    id_token_hint: hint,
    state: 's',
  })),
  returns(`${prefix}-no-state`, 'without `state` it returns without one', undefined),
  staysHere(`${prefix}-only-state`, 'nothing but `state`', () => ({ state: 's' })),
  errorPage(`${prefix}-query-added-to-post-logout-redirect-uri`, 'a registered address with a query added', hint => ({
    id_token_hint: hint,
    post_logout_redirect_uri: `${signedOut}?foo=bar`,
    state: 's',
  })),
  errorPage(`${prefix}-bad-id-token-hint`, 'a hint that is none', () => ({
    id_token_hint: 'not.a.token',
    post_logout_redirect_uri: signedOut,
    state: 's',
  })),
]

/** The 2 modules of back-channel logout. */
export const backchannelLogout: Module[] = [
  {
    id: 'oidcc-backchannel-logout-discovery-endpoint-verification',
    asks: 'discovery says that back-channel logout is there, with `sid`',
    run: async stage => {
      const metadata = (await stage.register()).serverMetadata()
      expect(metadata).toMatchObject({
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
      })
      expect(metadata.end_session_endpoint).toBeDefined()
    },
  },
  {
    id: 'oidcc-backchannel-rp-initiated-logout',
    asks: 'a sign-out sends the application a logout token for exactly this session',
    run: async stage => {
      const receiver = await logoutReceiver()
      await receiver.up()
      try {
        const config = await stage.register({
          backchannel_logout_uri: `${receiver.url}/logout`,
          backchannel_logout_session_required: true,
        })
        const visit = await signIn(stage, config)
        const url = client.buildEndSessionUrl(config, {
          id_token_hint: visit.tokens.id_token!,
          post_logout_redirect_uri: signedOut,
        })
        const { response } = await visit.browser.follow(url)
        const form = formOf(await response.text())!
        form.fields.set('logout', 'yes')
        await visit.browser.follow(form.action, { method: 'POST', body: form.fields })
        await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(1)
        const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri!))
        const { payload, protectedHeader } = await jwtVerify(receiver.received[0]!, keys, {
          issuer: stage.issuer,
          audience: registration(config).client_id as string,
          typ: 'logout+jwt',
          requiredClaims: ['iat', 'jti', 'exp'],
        })
        expect(protectedHeader.alg).not.toBe('none')
        expect(payload).toMatchObject({
          sub: visit.claims.sub,
          sid: visit.claims.sid,
          events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
        })
        expect(payload).not.toHaveProperty('nonce')
        await expect(client.refreshTokenGrant(config, visit.tokens.refresh_token!)).rejects.toMatchObject({
          error: 'invalid_grant',
        })
      } finally {
        await receiver.down()
      }
    },
  },
]
