import { randomUUID } from 'node:crypto'
import * as client from 'openid-client'
import type { Page } from 'playwright-core'
import { password } from '../../idp/src/oidc/testing/accounts.ts'
import { authorizationRequest, relyingParty } from '../../idp/src/oidc/testing/relying-party.ts'
import { makeRecoveryCodes } from '../../idp/src/sign-in/recovery.ts'
import { makeLink, resetUrl } from '../../idp/src/sign-in/reset/link.ts'
import { codeOf, giveTotp, setPolicy } from '../../idp/src/sign-in/testing/walk.ts'
import type { Stage } from './stage.ts'

/** A page that a person may meet at the identity provider, and the way to it in a browser. */
export type SignInPage = { name: string; open(tab: Page, stage: Stage): Promise<void> }

const visits = (tab: Page, stage: Stage, path: string) => tab.goto(`${stage.issuer}${path}`)

async function startSignIn(tab: Page, { idp }: Stage, params: Record<string, string> = {}): Promise<void> {
  const { url } = await authorizationRequest(await relyingParty(idp, 'portal'), `${idp.portal}/`, params)
  await tab.goto(url.href)
}

/** Fills in the sign-in page; the button is the only one that submits the form with the password. */
async function givesPassword(tab: Page, username = 'li.na', secret = password): Promise<void> {
  await tab.fill('#username', username)
  await tab.fill('#password', secret)
  await Promise.all([tab.waitForLoadState('load'), tab.press('#password', 'Enter')])
}

async function presses(tab: Page, selector = 'button.main'): Promise<void> {
  await Promise.all([tab.waitForEvent('load'), tab.click(selector)])
}

async function givePasskeyRow({ idp }: Stage): Promise<void> {
  await idp.service.deps.db
    .insertInto('factor')
    .values({
      id: randomUUID(),
      person_id: 'e0007',
      kind: 'passkey',
      name: 'Laptop',
      credential_id: randomUUID(),
      credential: JSON.stringify({ publicKey: 'AA', userHandle: 'AA', transports: [] }),
      last_used_at: new Date(),
    })
    .execute()
}

async function atFactor(tab: Page, stage: Stage): Promise<void> {
  await giveTotp(stage.idp, 'e0007')
  const { db, config } = stage.idp.service.deps
  await makeRecoveryCodes(db, 'e0007', config.ENCRYPTION_KEY)
  await startSignIn(tab, stage)
  await givesPassword(tab)
  await tab.waitForURL('**/factor**')
}

async function atEnrolment(tab: Page, stage: Stage, kinds: string[]): Promise<void> {
  await setPolicy(stage.idp, { secondFactor: { roles: [{ role: 'sales-manager', kinds }] } })
  await startSignIn(tab, stage)
  await givesPassword(tab)
  await tab.waitForURL('**/enrol**')
}

async function atNewPassword(tab: Page, stage: Stage): Promise<void> {
  await stage.idp.service.deps.db
    .updateTable('person')
    .set({ password_must_change: true })
    .where('id', '=', 'e0007')
    .execute()
  await startSignIn(tab, stage)
  await givesPassword(tab)
  await tab.waitForURL('**/new-password**')
}

async function atLink(tab: Page, stage: Stage, purpose: 'first_password' | 'password_reset'): Promise<void> {
  const { db, config } = stage.idp.service.deps
  const { secret } = await db.transaction().execute(trx => makeLink(trx, { personId: 'e0007', purpose, minutes: 30 }))
  await tab.goto(purpose === 'password_reset' ? resetUrl(config, secret) : `${stage.issuer}/first-password/${secret}`)
}

async function atDevice(tab: Page, stage: Stage): Promise<string> {
  const device = await stage.register(
    {
      client_name: 'Workshop screen',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'none',
    },
    client.None(),
  )
  await visits(tab, stage, '/device')
  return (await client.initiateDeviceAuthorization(device, { scope: 'openid' })).user_code
}

async function atDeviceQuestion(tab: Page, stage: Stage): Promise<void> {
  await tab.fill('#user_code', await atDevice(tab, stage))
  await presses(tab)
  await tab.locator('button[name=confirm]').waitFor()
}

const types = async (tab: Page, selector: string, text: string): Promise<void> => {
  await tab.fill(selector, text)
  await presses(tab)
}

/** Every page; those of a fault come right after the page it belongs to. */
export const signInPages: SignInPage[] = [
  { name: 'sign-in', open: startSignIn },
  {
    name: 'sign-in-wrong',
    open: async (tab, stage) => {
      await startSignIn(tab, stage)
      await givesPassword(tab, 'li.na', 'wrong')
      await tab.locator('#fault').waitFor()
    },
  },
  {
    name: 'sign-in-locked',
    open: async (tab, stage) => {
      await startSignIn(tab, stage)
      const until = new Date(Date.now() + 900_000)
      await stage.idp.service.deps.db
        .insertInto('sign_in_throttle')
        .values({ kind: 'address', subject: '127.0.0.1', failures: 100, last_at: new Date(), locked_until: until })
        .execute()
      await givesPassword(tab)
      await tab.locator('#fault').waitFor()
    },
  },
  {
    name: 'sign-in-passkey-refused',
    open: async (tab, stage) => {
      await startSignIn(tab, stage)
      await tab.evaluate(() => {
        const form = document.querySelector<HTMLFormElement>('form[data-passkey]')
        ;(form?.elements.namedItem('response') as HTMLInputElement).value = '{}'
        form?.submit()
      })
      await tab.locator('#passkey-fault:not(:empty)').waitFor()
    },
  },
  { name: 'factor-code', open: atFactor },
  {
    name: 'factor-code-wrong',
    open: async (tab, stage) => {
      await atFactor(tab, stage)
      await types(tab, '#otp', '000000')
    },
  },
  {
    name: 'factor-recovery',
    open: async (tab, stage) => {
      await atFactor(tab, stage)
      await presses(tab, '.others a[href*="recovery"]')
    },
  },
  {
    name: 'factor-passkey',
    open: async (tab, stage) => {
      await givePasskeyRow(stage)
      await atFactor(tab, stage)
    },
  },
  { name: 'enrol-app', open: (tab, stage) => atEnrolment(tab, stage, ['totp', 'passkey']) },
  {
    name: 'enrol-app-wrong',
    open: async (tab, stage) => {
      await atEnrolment(tab, stage, ['totp', 'passkey'])
      await types(tab, '#otp', '000000')
    },
  },
  { name: 'enrol-passkey', open: (tab, stage) => atEnrolment(tab, stage, ['passkey']) },
  {
    name: 'recovery-codes',
    open: async (tab, stage) => {
      await atEnrolment(tab, stage, ['totp'])
      const secret = (await tab.locator('code.secret').textContent())?.replaceAll(' ', '') ?? ''
      await types(tab, '#otp', codeOf(secret))
    },
  },
  { name: 'new-password', open: atNewPassword },
  {
    name: 'new-password-refused',
    open: async (tab, stage) => {
      await atNewPassword(tab, stage)
      await tab.fill('#password', 'password123')
      await types(tab, '#again', 'password123')
    },
  },
  { name: 'forgot', open: async (tab, stage) => void (await visits(tab, stage, '/forgot-password')) },
  {
    name: 'forgot-sent',
    open: async (tab, stage) => {
      await visits(tab, stage, '/forgot-password')
      await types(tab, '[name=account]', 'no.such.person')
    },
  },
  { name: 'reset', open: (tab, stage) => atLink(tab, stage, 'password_reset') },
  { name: 'reset-spent', open: async (tab, stage) => void (await visits(tab, stage, '/reset-password?key=x')) },
  { name: 'reset-done', open: async (tab, stage) => void (await visits(tab, stage, '/reset-password/done')) },
  { name: 'first-password', open: (tab, stage) => atLink(tab, stage, 'first_password') },
  { name: 'first-password-spent', open: async (tab, stage) => void (await visits(tab, stage, '/first-password/x')) },
  { name: 'expired', open: async (tab, stage) => void (await visits(tab, stage, `/sign-in/${'x'.repeat(43)}`)) },
  {
    name: 'refused-request',
    open: async (tab, stage) =>
      void (await visits(
        tab,
        stage,
        '/protocol/openid-connect/auth?client_id=portal&redirect_uri=https://evil.example',
      )),
  },
  {
    name: 'sign-out',
    open: async (tab, stage) => {
      await startSignIn(tab, stage)
      await givesPassword(tab)
      await tab.waitForURL(`${stage.idp.portal}/?**`)
      await visits(tab, stage, '/protocol/openid-connect/logout')
      await tab.locator('button[name=logout]').waitFor()
    },
  },
  {
    name: 'signed-out',
    open: async (tab, stage) => void (await visits(tab, stage, '/protocol/openid-connect/logout/success')),
  },
  { name: 'device', open: async (tab, stage) => void (await atDevice(tab, stage)) },
  {
    name: 'device-wrong',
    open: async (tab, stage) => {
      await atDevice(tab, stage)
      await types(tab, '#user_code', 'XXXX-XXXX')
    },
  },
  { name: 'device-question', open: atDeviceQuestion },
  {
    name: 'device-done',
    open: async (tab, stage) => {
      await atDeviceQuestion(tab, stage)
      await presses(tab, 'button[name=confirm]')
      await givesPassword(tab)
      await tab.locator('p[role=status]').waitFor()
    },
  },
]

/** Takes back what the way to a page changed. */
export async function cleanUp({ idp }: Stage): Promise<void> {
  const { db } = idp.service.deps
  await db.deleteFrom('factor').execute()
  await db.deleteFrom('recovery_code').execute()
  await db.deleteFrom('sign_in_throttle').execute()
  await db.updateTable('person').set({ password_must_change: false }).where('id', '=', 'e0007').execute()
  await setPolicy(idp, {})
}
