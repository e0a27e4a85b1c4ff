import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { freePort } from '@atrium/platform/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { password } from '../../idp/src/oidc/testing/accounts.ts'
import { startTestIdp, type TestIdp } from '../../idp/src/oidc/testing/idp.ts'
import { launchBrowser } from '../e2e/browser.ts'

/**
 * keycloak-js as published, in its native mode, in a real browser, in a page on another origin under a strict policy: whoever has
 * an application for a Keycloak can point it at Atrium.
 */
let idp: TestIdp
let site: Server
let browser: Browser
let portal: string

const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,"><script type="module" src="/app.js"></script></head><body><h1>starting</h1></body></html>`
const silent = `<!doctype html><html lang="en"><head><script src="/silent.js"></script></head><body></body></html>`
const app = (issuer: string): string => `
import Keycloak from '/keycloak.js'
const at = new URL(${JSON.stringify(issuer)})
const keycloak = window.keycloak = new Keycloak({ url: at.origin, realm: 'atrium', clientId: 'portal' })
const origin = location.origin
keycloak.onAuthLogout = () => { document.querySelector('h1').textContent = 'signed out elsewhere' }
const signedIn = await keycloak.init({ onLoad: 'check-sso', silentCheckSsoRedirectUri: origin + '/silent-check-sso.html', redirectUri: origin + '/', pkceMethod: 'S256', checkLoginIframeInterval: 1 })
document.querySelector('h1').textContent = signedIn ? 'hello ' + keycloak.tokenParsed.preferred_username : 'nobody'
`

beforeAll(async () => {
  const port = await freePort()
  portal = `http://localhost:${port}`
  idp = await startTestIdp({ env: { PORTAL_URL: portal } })
  const library = await readFile(fileURLToPath(import.meta.resolve('keycloak-js')), 'utf8')
  const files: Record<string, [string, string]> = {
    '/': ['text/html', page],
    '/silent-check-sso.html': ['text/html', silent],
    '/silent.js': ['text/javascript', 'parent.postMessage(location.href, location.origin)'],
    '/app.js': ['text/javascript', app(idp.issuer)],
    '/keycloak.js': ['text/javascript', library],
  }
  const origin = new URL(idp.issuer).origin
  site = createServer((request, response) => {
    const [type, body] = files[request.url?.split('?')[0] ?? ''] ?? ['text/plain', '']
    response.writeHead(body ? 200 : 404, {
      'Content-Type': type,
      'Content-Security-Policy': `default-src 'none'; script-src 'self'; img-src data:; connect-src ${origin}; frame-src 'self' ${origin}; frame-ancestors 'self'`,
    })
    response.end(body)
  })
  await new Promise<void>(resolve => site.listen(port, 'localhost', resolve))
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await new Promise(resolve => site?.close(resolve))
  await idp?.stop()
})

const signIn = async (tab: Page, username: string): Promise<void> => {
  await tab.goto(`${portal}/`)
  await tab.getByRole('heading', { name: 'nobody' }).waitFor()
  await tab.evaluate('void keycloak.login({ redirectUri: location.origin + "/" })')
  await tab.getByLabel('用户名').fill(username)
  await tab.getByLabel('密码', { exact: true }).fill(password)
  await tab.getByRole('button', { name: '登录' }).click()
  await tab.getByRole('heading', { name: `hello ${username}` }).waitFor()
}

describe('keycloak-js', () => {
  it('signs in, reads roles, refreshes in parallel, loads profile and user info, and signs out everywhere by one click', async () => {
    const context = await browser.newContext({ locale: 'zh-CN' })
    const faults: string[] = []
    context.on('console', message => {
      if (message.type() === 'error' && /Content.Security.Policy|CORS/i.test(message.text()))
        faults.push(message.text())
    })
    const tab = await context.newPage()
    await signIn(tab, 'li.na')
    expect(
      await tab.evaluate('keycloak.hasRealmRole("sales-manager") && keycloak.hasResourceRole("TeamLead", "crm")'),
    ).toBe(true)
    expect(await tab.evaluate('Promise.all([1, 2, 3].map(() => keycloak.updateToken(-1)))')).toEqual([true, true, true])
    expect(await tab.evaluate('keycloak.loadUserProfile()')).toMatchObject({ username: 'li.na', firstName: '李娜' })
    expect(await tab.evaluate('keycloak.loadUserInfo()')).toMatchObject({ preferred_username: 'li.na', sub: 'e0007' })

    const second = await context.newPage()
    await second.goto(`${portal}/`)
    await second.getByRole('heading', { name: 'hello li.na' }).waitFor()
    expect(await tab.evaluate('keycloak.updateToken(-1)')).toBe(true)

    await tab.evaluate('void keycloak.logout({ redirectUri: location.origin + "/" })')
    await tab.getByRole('heading', { name: 'nobody' }).waitFor()
    await second.getByRole('heading', { name: 'signed out elsewhere' }).waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('shows the sign-in page that works without scripts', async () => {
    const context = await browser.newContext({ locale: 'en-GB', javaScriptEnabled: false })
    const tab = await context.newPage()
    const query = new URLSearchParams({
      client_id: 'portal',
      redirect_uri: `${portal}/`,
      response_type: 'code',
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })
    await tab.goto(`${idp.issuer}/protocol/openid-connect/auth?${query}`)
    await tab.getByLabel('Username').fill('li.na')
    await tab.getByLabel('Password', { exact: true }).fill('wrong')
    await tab.getByRole('button', { name: 'Sign in' }).click()
    await tab.getByRole('alert').waitFor()
    expect(await tab.getByRole('alert').textContent()).toContain('Username or password is not right')
    expect(await tab.getByRole('button', { name: 'Show password' }).isVisible()).toBe(false)
    await tab.getByLabel('Password', { exact: true }).fill(password)
    await tab.getByRole('button', { name: 'Sign in' }).click()
    await tab.waitForURL(`${portal}/?**`)
    expect(new URL(tab.url()).searchParams.get('code')).toBeTruthy()
    await context.close()
  })
})
