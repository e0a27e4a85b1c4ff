import { readAudit } from '@atrium/platform/audit'
import { setClock } from '@atrium/platform/clock'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { password } from '../../idp/src/oidc/testing/accounts.ts'
import { startTestIdp, type TestIdp } from '../../idp/src/oidc/testing/idp.ts'
import { authorizationRequest, relyingParty, visit } from '../../idp/src/oidc/testing/relying-party.ts'
import { removeFactor } from '../../idp/src/sign-in/factors.ts'
import { forgetPolicy, setPolicy } from '../../idp/src/sign-in/testing/walk.ts'
import { launchBrowser } from '../e2e/browser.ts'
import { type PortalStand, startPortalStand } from './portal-stand.ts'

/** Passkeys in Chromium, with an authenticator that Chromium itself provides. */
let idp: TestIdp
let stand: PortalStand
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  stand = await startPortalStand()
  idp = await startTestIdp({ env: { PORTAL_URL: stand.url } })
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await idp?.stop()
  await stand?.stop()
})
afterEach(async () => {
  await context?.close()
  const { db } = idp.service.deps
  await db.deleteFrom('factor').execute()
  await db.deleteFrom('recovery_code').execute()
  await forgetPolicy(idp)
})

type Authenticator = { cdp: CDPSession; authenticatorId: string }

/** A tab with an authenticator in the device; whoever sits there has touched its sensor. */
async function openTab(
  o: { javaScriptEnabled?: boolean; userVerified?: boolean } = {},
): Promise<{ tab: Page; authenticator: Authenticator }> {
  context = await browser.newContext({ locale: 'en-GB', javaScriptEnabled: o.javaScriptEnabled ?? true })
  const tab = await context.newPage()
  const cdp = await context.newCDPSession(tab)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: o.userVerified ?? true,
      automaticPresenceSimulation: true,
    },
  })
  return { tab, authenticator: { cdp, authenticatorId } }
}

const openSignIn = async (tab: Page): Promise<void> => {
  const { url } = await authorizationRequest(await relyingParty(idp, 'portal'), `${idp.portal}/`)
  await tab.goto(url.href)
}
const isBack = async (tab: Page): Promise<void> => {
  await tab.waitForURL(url => url.href.startsWith(`${idp.portal}/?`) && url.searchParams.has('code'))
}

/** Makes a passkey by the account API, called from a page of idp's origin. */
async function addPasskey(tab: Page, username: string): Promise<void> {
  const { tokens } = await visit(idp, 'portal', username)
  await tab.goto(`${idp.issuer}/protocol/openid-connect/certs`)
  const status = await tab.evaluate(async token => {
    const send = async (path: string, body: unknown) =>
      await fetch(`/account/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const { enrolment, options } = await (await send('passkeys/options', {})).json()
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options)
    const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential
    return (await send('passkeys', { enrolment, response: made.toJSON(), name: 'Chromium' })).status
  }, tokens.access_token)
  expect(status).toBe(201)
}

/** Without the offer in the name field, which the virtual authenticator answers by itself. */
const noOffer = (tab: Page): Promise<unknown> =>
  tab.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false
  })
const passkeyButton = (tab: Page) => tab.getByRole('button', { name: 'Sign in with a passkey' })

const lastSignIn = async (): Promise<unknown> => {
  const [row] = await readAudit(idp.service.deps.db, { action: 'sign_in.', limit: 1 })
  return { action: row?.action, person: row?.actor.id, methods: row?.detail.methods, reason: row?.detail.reason }
}

describe('a passkey in Chromium', { timeout: 60_000 }, () => {
  it('signs in alone by the button, with one press', async () => {
    const { tab } = await openTab()
    await noOffer(tab)
    const faults: string[] = []
    tab.on('console', message => message.type() === 'error' && faults.push(message.text()))
    await addPasskey(tab, 'li.na')
    await openSignIn(tab)
    await Promise.all([isBack(tab), passkeyButton(tab).click()])
    expect(await lastSignIn()).toMatchObject({ action: 'sign_in.succeeded', person: 'e0007', methods: ['hwk', 'user'] })
    expect(faults.filter(text => /Content.Security/i.test(text))).toEqual([])
  })

  it('signs in from the name field, where the browser offers it', async () => {
    const { tab } = await openTab()
    await addPasskey(tab, 'li.na')
    const back = isBack(tab)
    await openSignIn(tab)
    await back
    expect(await lastSignIn()).toMatchObject({ person: 'e0007', methods: ['hwk', 'user'] })
  })

  it('is the second factor after the password', async () => {
    await setPolicy(idp, { passkeyAlone: false })
    const { tab } = await openTab()
    await addPasskey(tab, 'zhang.wei')
    // Pages follow the policy within two seconds.
    setClock(() => new Date(Date.now() + 3000))
    await openSignIn(tab)
    setClock()
    expect(await passkeyButton(tab).count()).toBe(0)
    await tab.getByLabel('Username').fill('zhang.wei')
    await tab.getByLabel('Password', { exact: true }).fill(password)
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click()
    const use = tab.getByRole('button', { name: 'Use passkey' })
    await use.waitFor()
    expect(await use.evaluate(button => document.activeElement === button)).toBe(true)
    await Promise.all([isBack(tab), use.click()])
    expect(await lastSignIn()).toMatchObject({ methods: ['pwd', 'hwk', 'user'] })
  })

  it('that was copied is refused, and the page says what to do', async () => {
    const { tab, authenticator } = await openTab()
    await noOffer(tab)
    await addPasskey(tab, 'li.na')
    const { cdp, authenticatorId } = authenticator
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
    await openSignIn(tab)
    await Promise.all([isBack(tab), passkeyButton(tab).click()])
    await cdp.send('WebAuthn.clearCredentials', { authenticatorId })
    for (const credential of credentials) await cdp.send('WebAuthn.addCredential', { authenticatorId, credential })
    await context.clearCookies()
    await openSignIn(tab)
    await passkeyButton(tab).click()
    await tab.getByText('This passkey does not work here').waitFor()
    expect(await lastSignIn()).toMatchObject({ action: 'sign_in.failed', person: 'e0007', reason: 'passkey_counter' })
    await tab.getByLabel('Username').fill('wang.fang')
    await tab.getByLabel('Password', { exact: true }).fill(password)
    await Promise.all([isBack(tab), tab.getByRole('button', { name: 'Sign in', exact: true }).click()])
  })

  it('that was removed opens nothing', async () => {
    const { tab } = await openTab()
    await noOffer(tab)
    await addPasskey(tab, 'li.na')
    const { db } = idp.service.deps
    const { id } = await db.selectFrom('factor').select('id').executeTakeFirstOrThrow()
    const owner = { personId: 'e0007', actor: { id: 'e0007', kind: 'person' as const } }
    expect(await removeFactor(db, owner, id)).toBe('removed')
    await openSignIn(tab)
    await passkeyButton(tab).click()
    await tab.getByText('This passkey does not work here').waitFor()
    expect(await lastSignIn()).toMatchObject({ action: 'sign_in.failed', reason: 'unknown_passkey' })
  })

  it('that is not there, or not given, is said in words, and the page goes on', async () => {
    const { tab } = await openTab({ userVerified: false })
    await noOffer(tab)
    await openSignIn(tab)
    await passkeyButton(tab).click()
    await tab.getByText('Not finished: it was cancelled, or it took too long.').waitFor()
    expect(await passkeyButton(tab).isEnabled()).toBe(true)
  })

  it('is made in the sign-in where a role must have one', async () => {
    await setPolicy(idp, { secondFactor: { roles: [{ role: 'sales-manager', kinds: ['passkey'] }] } })
    const { tab } = await openTab()
    await noOffer(tab)
    await openSignIn(tab)
    await tab.getByLabel('Username').fill('li.na')
    await tab.getByLabel('Password', { exact: true }).fill(password)
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click()
    await tab.getByRole('button', { name: 'Create passkey' }).click()
    await tab.getByRole('heading', { name: 'Keep these recovery codes' }).waitFor()
  })

  it('is nothing to see without JavaScript, and the second step says why', async () => {
    const { tab } = await openTab()
    await addPasskey(tab, 'li.na')
    await context.close()
    const plain = (await openTab({ javaScriptEnabled: false })).tab
    await openSignIn(plain)
    expect(await passkeyButton(plain).count()).toBe(0)
    await plain.getByLabel('Username').fill('li.na')
    await plain.getByLabel('Password', { exact: true }).fill(password)
    await plain.getByRole('button', { name: 'Sign in', exact: true }).click()
    await plain.getByText('This browser cannot use passkeys now').waitFor()
    await plain.getByRole('link', { name: 'Recovery code' }).click()
    await plain.getByLabel('Recovery code').waitFor()
  })
})
