import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { password } from '../../idp/src/oidc/testing/accounts.ts'
import { launchBrowser } from '../e2e/browser.ts'
import { strangersClient } from './report.ts'
import { html, type Site, script, startSite } from './site.ts'

/** oidc-client-ts as published, in a real browser on another origin: the library that most single-page applications use. */
let site: Site
let browser: Browser

const app = (issuer: string): string => `
const manager = window.manager = new oidc.UserManager({
  authority: ${JSON.stringify(issuer)},
  client_id: 'portal',
  redirect_uri: location.origin + '/',
  silent_redirect_uri: location.origin + '/silent-check-sso.html',
  post_logout_redirect_uri: location.origin + '/',
  scope: 'openid profile email',
  loadUserInfo: true,
  automaticSilentRenew: false,
})
const heading = document.querySelector('h1')
if (new URLSearchParams(location.search).has('code')) {
  await manager.signinCallback()
  history.replaceState(null, '', '/')
}
const user = await manager.getUser()
heading.textContent = user ? 'hello ' + user.profile.preferred_username : 'nobody'
`

beforeAll(async () => {
  const library = new URL('../browser/oidc-client-ts.min.js', import.meta.resolve('oidc-client-ts'))
  const text = await readFile(fileURLToPath(library), 'utf8')
  site = await startSite(issuer => ({
    '/': html(
      '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,"><script src="/oidc.js"></script><script type="module" src="/app.js"></script></head><body><h1>starting</h1></body></html>',
    ),
    '/silent-check-sso.html': html(
      '<!doctype html><html lang="en"><head><script src="/oidc.js"></script><script src="/silent.js"></script></head><body></body></html>',
    ),
    '/silent.js': script(
      `new oidc.UserManager({ authority: ${JSON.stringify(issuer)}, client_id: 'portal', redirect_uri: location.origin + '/' }).signinSilentCallback()`,
    ),
    '/app.js': script(app(issuer)),
    '/oidc.js': script(text),
  }))
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await site?.stop()
})

async function signIn(tab: Page): Promise<void> {
  await tab.goto(`${site.url}/`)
  await tab.getByRole('heading', { name: 'nobody' }).waitFor()
  await tab.evaluate('void manager.signinRedirect()')
  await tab.getByLabel('用户名').fill('li.na')
  await tab.getByLabel('密码', { exact: true }).fill(password)
  await tab.getByRole('button', { name: '登录', exact: true }).click()
  await tab.getByRole('heading', { name: 'hello li.na' }).waitFor()
}

describe('oidc-client-ts', () => {
  it('signs in with PKCE, loads user info, refreshes, signs in silently in a frame, and signs out', async () => {
    const context = await browser.newContext({ locale: 'zh-CN' })
    const tab = await context.newPage()
    await signIn(tab)
    expect(await tab.evaluate('manager.getUser().then(user => user.profile)')).toMatchObject({
      sub: 'e0007',
      preferred_username: 'li.na',
      email: expect.stringContaining('@'),
    })
    const before = await tab.evaluate('manager.getUser().then(user => user.access_token)')
    const renewed = await tab.evaluate('manager.signinSilent().then(user => user.access_token)')
    expect(renewed).not.toBe(before)

    // Without a refresh token the library asks in a hidden frame, by `prompt=none`.
    await tab.evaluate('manager.getUser().then(user => { delete user.refresh_token; return manager.storeUser(user) })')
    const silent = await tab.evaluate('manager.signinSilent().then(user => user.profile.sub)')
    expect(silent).toBe('e0007')

    await tab.evaluate('void manager.signoutRedirect()')
    await tab.getByRole('heading', { name: 'nobody' }).waitFor()
    const again = await tab.evaluate('manager.signinSilent().catch(error => error.error)')
    expect(again).toBe('login_required')
    await context.close()
  })
})

strangersClient('oidc-client-ts', 'oidc-client-ts 3 in Chromium')
