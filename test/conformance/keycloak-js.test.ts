import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { password } from '../../idp/src/oidc/testing/accounts.ts'
import { giveTotp } from '../../idp/src/sign-in/testing/walk.ts'
import { launchBrowser } from '../e2e/browser.ts'
import { strangersClient } from './report.ts'
import { html, type Site, script, startSite } from './site.ts'

/**
 * keycloak-js as published, in both of its modes, in a real browser, in a page on another origin under a strict policy: whoever has
 * an application for a Keycloak can point it at Atrium, and so can whoever uses it with any other provider.
 */
let native: Site
let generic: Site
let browser: Browser

const silent = html(
  '<!doctype html><html lang="en"><head><script src="/silent.js"></script></head><body></body></html>',
)
const app = (configuration: string, options: string): string => `
import Keycloak from '/keycloak.js'
const keycloak = window.keycloak = new Keycloak(${configuration})
const origin = location.origin
keycloak.onAuthLogout = () => { document.querySelector('h1').textContent = 'signed out elsewhere' }
const signedIn = await keycloak.init({ onLoad: 'check-sso', silentCheckSsoRedirectUri: origin + '/silent-check-sso.html', redirectUri: origin + '/', pkceMethod: 'S256', ${options} })
document.querySelector('h1').textContent = signedIn ? 'hello ' + keycloak.tokenParsed.preferred_username : 'nobody'
`

const startWith = async (configuration: (issuer: string) => string, options: string): Promise<Site> => {
  const library = await readFile(fileURLToPath(import.meta.resolve('keycloak-js')), 'utf8')
  return await startSite(issuer => ({
    '/silent-check-sso.html': silent,
    '/silent.js': script('parent.postMessage(location.href, location.origin)'),
    '/app.js': script(app(configuration(issuer), options)),
    '/keycloak.js': script(library),
  }))
}

beforeAll(async () => {
  native = await startWith(
    issuer => JSON.stringify({ url: new URL(issuer).origin, realm: 'atrium', clientId: 'portal' }),
    'checkLoginIframeInterval: 1',
  )
  generic = await startWith(
    issuer => JSON.stringify({ oidcProvider: issuer, clientId: 'portal' }),
    'checkLoginIframeInterval: 1',
  )
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await native?.stop()
  await generic?.stop()
})

const signIn = async (tab: Page, portal: string, username: string): Promise<void> => {
  await tab.goto(`${portal}/`)
  await tab.getByRole('heading', { name: 'nobody' }).waitFor()
  await tab.evaluate('void keycloak.login({ redirectUri: location.origin + "/" })')
  await tab.getByLabel('用户名').fill(username)
  await tab.getByLabel('密码', { exact: true }).fill(password)
  await tab.getByRole('button', { name: '登录', exact: true }).click()
  await tab.getByRole('heading', { name: `hello ${username}` }).waitFor()
}

describe.each([
  { mode: 'its native mode', site: () => native },
  { mode: '`oidcProvider` mode', site: () => generic },
])('keycloak-js in $mode', ({ mode, site }) => {
  it('signs in, reads roles, refreshes in parallel, loads user info, and signs out everywhere by one click', async () => {
    const portal = site().url
    const context = await browser.newContext({ locale: 'zh-CN' })
    const faults: string[] = []
    context.on('console', message => {
      if (message.type() === 'error' && /Content.Security.Policy|CORS/i.test(message.text()))
        faults.push(message.text())
    })
    const tab = await context.newPage()
    await signIn(tab, portal, 'li.na')
    expect(
      await tab.evaluate('keycloak.hasRealmRole("sales-manager") && keycloak.hasResourceRole("TeamLead", "crm")'),
    ).toBe(true)
    expect(await tab.evaluate('Promise.all([1, 2, 3].map(() => keycloak.updateToken(-1)))')).toEqual([true, true, true])
    // The account service is Keycloak's own; the library knows it in its native mode only.
    if (mode === 'its native mode')
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

  it('asks for a second factor where an application demands it, and for nothing else', async () => {
    const context = await browser.newContext({ locale: 'zh-CN' })
    const tab = await context.newPage()
    await signIn(tab, site().url, 'wang.fang')
    expect(await tab.evaluate('keycloak.tokenParsed.acr')).toBe('1')
    const { code } = await giveTotp(site().idp, 'e0021')
    await tab.evaluate(
      'void keycloak.login({ redirectUri: location.origin + "/", acr: { values: ["2"], essential: true }, maxAge: 900 })',
    )
    await tab.getByLabel('验证器应用里的 6 位数字').fill(code())
    await tab.getByRole('button', { name: '继续' }).click()
    await tab.getByRole('heading', { name: 'hello wang.fang' }).waitFor()
    expect(await tab.evaluate('[keycloak.tokenParsed.acr, keycloak.idTokenParsed.acr]')).toEqual(['2', '2'])
    await context.close()
  })
})

describe('the sign-in page', () => {
  it('works without scripts', async () => {
    const context = await browser.newContext({ locale: 'en-GB', javaScriptEnabled: false })
    const tab = await context.newPage()
    const query = new URLSearchParams({
      client_id: 'portal',
      redirect_uri: `${native.url}/`,
      response_type: 'code',
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })
    await tab.goto(`${native.idp.issuer}/protocol/openid-connect/auth?${query}`)
    await tab.getByLabel('Username').fill('li.na')
    await tab.getByLabel('Password', { exact: true }).fill('wrong')
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click()
    await tab.getByRole('alert').waitFor()
    expect(await tab.getByRole('alert').textContent()).toContain('Username or password is not right')
    expect(await tab.getByRole('button', { name: 'Show password' }).isVisible()).toBe(false)
    await tab.getByLabel('Password', { exact: true }).fill(password)
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click()
    await tab.waitForURL(`${native.url}/?**`)
    expect(new URL(tab.url()).searchParams.get('code')).toBeTruthy()
    await context.close()
  })
})

strangersClient('keycloak-js', 'keycloak-js 26 in Chromium')
