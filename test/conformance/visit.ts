import * as client from 'openid-client'
import { password } from '../../idp/src/oidc/testing/accounts.ts'
import { TestBrowser } from '../../idp/src/oidc/testing/browser.ts'
import { redirectUri, type Stage } from './stage.ts'

/** What an authorization request led to. */
export type Answer = {
  browser: TestBrowser
  /** Whether the person had to use the sign-in page. */
  asked: boolean
  /** The last page of the provider, when nothing came back. */
  page: { status: number; html: string } | undefined
  /** The parameters that came back to the application. */
  params: URLSearchParams
  /** What openid-client takes: the address the browser was sent to, or the form it was told to post. */
  callback: URL | Request
  checks: client.AuthorizationCodeGrantChecks
}

type Options = { browser?: TestBrowser; username?: string; nonce?: boolean; url?: (url: URL) => URL; post?: boolean }

/** One authorization request, with PKCE, state and nonce, through a browser without a screen and the real sign-in page. */
export async function authorize(
  stage: Stage,
  config: client.Configuration,
  params: Record<string, string> = {},
  options: Options = {},
): Promise<Answer> {
  const { url, checks } = await authorizationRequest(stage, config, params, options)
  return await open(options.browser ?? new TestBrowser(), options.url ? options.url(url) : url, checks, options)
}

/** The same request, not sent yet. */
export async function authorizationRequest(
  stage: Stage,
  config: client.Configuration,
  params: Record<string, string> = {},
  options: Options = {},
): Promise<{ url: URL; checks: client.AuthorizationCodeGrantChecks }> {
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const nonce = options.nonce === false ? undefined : client.randomNonce()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid',
    state,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...(nonce ? { nonce } : {}),
    ...(stage.mode === 'form_post' ? { response_mode: 'form_post' } : {}),
    ...params,
  })
  return {
    url,
    checks: {
      pkceCodeVerifier: verifier,
      expectedState: state,
      ...(nonce ? { expectedNonce: nonce } : {}),
      idTokenExpected: true,
    },
  }
}

/** Opens an address of the authorization endpoint and signs in where the page asks for it. */
export async function open(
  browser: TestBrowser,
  url: URL,
  checks: client.AuthorizationCodeGrantChecks,
  options: Options = {},
): Promise<Answer> {
  const request = options.post ? { method: 'POST', body: url.searchParams } : {}
  let at = await browser.follow(options.post ? new URL(url.pathname, url) : url, request)
  const asked = at.url.pathname.includes('/sign-in/') && at.response.status === 200
  if (asked)
    at = await browser.submitSignIn(at.url, { username: options.username ?? 'li.na', password, remember: 'yes' })
  return { browser, asked, checks, ...(await received(at)) }
}

async function received(at: { url: URL; response: Response }): Promise<Pick<Answer, 'page' | 'params' | 'callback'>> {
  const left = at.response.status >= 300 && at.response.status < 400
  if (left) {
    const params = new URLSearchParams(at.url.search || at.url.hash.slice(1))
    return { page: undefined, params, callback: at.url }
  }
  const html = await at.response.text()
  const posted = formOf(html)
  if (!posted?.fields.has('state') && !posted?.fields.has('code') && !posted?.fields.has('error'))
    return { page: { status: at.response.status, html }, params: new URLSearchParams(), callback: at.url }
  allowsItsForm(at.response, posted.action)
  const callback = new Request(posted.action, { method: 'POST', body: posted.fields })
  return { page: undefined, params: posted.fields, callback }
}

/** The form of a page, as a browser reads it. */
export function formOf(html: string): { action: string; fields: URLSearchParams } | undefined {
  const action = /<form[^>]*action="([^"]*)"/.exec(html)?.[1]
  if (!action) return undefined
  const fields = new URLSearchParams()
  for (const [input] of html.matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(input)?.[1]
    if (name) fields.append(name, unescaped(/value="([^"]*)"/.exec(input)?.[1] ?? ''))
  }
  return { action: unescaped(action), fields }
}

/** A policy that forbids the page its own script or its form would leave the person there; a browser would, so this does. */
function allowsItsForm(response: Response, action: string): void {
  const policy = response.headers.get('content-security-policy') ?? ''
  const directive = (name: string): string | undefined => new RegExp(`${name} ([^;]*)`).exec(policy)?.[1]
  const targets = directive('form-action')
  if (targets && !targets.includes(new URL(action).origin)) throw new Error(`the policy forbids the form: ${policy}`)
  const scripts = directive('script-src') ?? directive('default-src')
  if (scripts && !/sha256-|unsafe-inline/.test(scripts)) throw new Error(`the policy forbids the script: ${policy}`)
}

function unescaped(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll('&amp;', '&')
}

/** Signs in and exchanges the code: the whole flow. */
export async function signIn(
  stage: Stage,
  config: client.Configuration,
  params: Record<string, string> = {},
  options: Options = {},
) {
  const answer = await authorize(stage, config, params, options)
  if (!answer.params.has('code')) throw new Error(`no code: ${answer.params} ${answer.page?.status ?? ''}`)
  const callback = answer.callback instanceof Request ? answer.callback.clone() : answer.callback
  const tokens = await client.authorizationCodeGrant(config, callback, answer.checks)
  const claims = tokens.claims()
  if (!claims) throw new Error('there is no ID token')
  return { ...answer, tokens, claims }
}
