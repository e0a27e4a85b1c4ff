import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, testDatabase } from '@atrium/platform/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { SAMPLE_PASSWORD, seedCompany } from './seed.ts'
import { FormBrowser } from './testing/browser.ts'
import { type Service, service } from './testing/service.ts'

// idp and CRM as processes of their own, with the whole sample company between them.
let idp: Service
let crm: Service
let seedEnvironment: Record<string, string>
let folder: string
const secret = () => randomBytes(24).toString('base64url')

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'company-test-'))
  const [idpPort, crmPort] = [await freePort(), await freePort()]
  const ISSUER = `http://localhost:${idpPort}/realms/atrium`
  seedEnvironment = {
    ISSUER,
    GATEWAY_URL: 'http://localhost:1',
    BOOTSTRAP_CLIENT_SECRET: secret(),
    CRM_URL: `http://localhost:${crmPort}`,
    OA_URL: 'http://localhost:1',
    ERP_URL: 'http://localhost:1',
    CRM_CLIENT_SECRET: secret(),
    OA_CLIENT_SECRET: secret(),
    ERP_CLIENT_SECRET: secret(),
  }
  idp = service('idp/src/main.ts', idpPort, {
    DATABASE_URL: await testDatabase(),
    ISSUER,
    PORTAL_URL: 'http://localhost:39000',
    GATEWAY_URL: 'http://localhost:1',
    COOKIE_KEYS: secret(),
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    GATEWAY_CLIENT_SECRET: secret(),
    BOOTSTRAP_CLIENT_SECRET: seedEnvironment.BOOTSTRAP_CLIENT_SECRET!,
    RETRY_DELAYS: '200,200,200,500',
  })
  crm = service('test/company/crm/main.ts', crmPort, {
    ISSUER,
    CLIENT_ID: 'crm',
    CLIENT_SECRET: seedEnvironment.CRM_CLIENT_SECRET!,
    PUBLIC_URL: seedEnvironment.CRM_URL!,
    DATA_DIR: folder,
    GATEWAY_URL: 'http://localhost:1',
    WEBHOOK_SECRET: `whsec_${randomBytes(32).toString('base64')}`,
  })
  await Promise.all([idp.start(), crm.start()])
}, 120_000)

afterAll(async () => {
  await Promise.all([idp?.kill(), crm?.kill()])
  await rm(folder, { recursive: true, force: true })
})

const signIn = async (username: string, language?: string) => {
  const browser = new FormBrowser(language)
  const form = await browser.open(crm.url)
  expect(form.url.origin).toBe(idp.url)
  const page = await browser.submit(form, { username, password: SAMPLE_PASSWORD })
  return { browser, page }
}
const session = async (browser: FormBrowser) => {
  const { status, text } = await browser.open(`${crm.url}/session`)
  return { status, ...(JSON.parse(text) as { userId?: string; roles?: string[] }) }
}

describe('the sample company at its identity provider', () => {
  it('is imported once; a repeat renews the applications and leaves what administrators changed', async () => {
    const first = await seedCompany(seedEnvironment)
    expect(first).toMatchObject({ imported: true, counts: { people: 80, applications: 3, publishedVersion: 1 } })
    const again = await seedCompany(seedEnvironment)
    expect(again).toMatchObject({ imported: false, counts: { applications: 3, people: 0 } })
  }, 60_000)

  it('says what is wrong when the bootstrap secret is', async () => {
    await expect(seedCompany({ ...seedEnvironment, BOOTSTRAP_CLIENT_SECRET: 'x'.repeat(32) })).rejects.toThrow(
      /refused the token: HTTP 401/,
    )
    await expect(seedCompany({ ISSUER: 'nonsense' })).rejects.toThrow(/CRM_URL is missing/)
  })

  it('signs in to the CRM, which shows the CRM’s own name and the roles that provisioning brought', async () => {
    await vi.waitFor(
      async () => {
        const { page } = await signIn('li.na')
        expect(page.url.href).toBe(`${crm.url}/`)
        expect(page.text).toContain('data-user="U-1001"')
        expect(page.text).toContain('data-roles="TeamLead"')
        expect(page.text).toContain('李娜')
        expect(page.text).toContain('今天要跟进')
      },
      { timeout: 20_000, interval: 500 },
    )
  }, 40_000)

  // Provisioning brings one person's roles after another's: the page is asked until they are there.
  it('shows the page in English to who asks for it', async () => {
    await vi.waitFor(
      async () => {
        const { page } = await signIn('wang.fang', 'en-GB')
        expect(page.text).toContain('Huaxin CRM')
        expect(page.text).toContain('<html lang="en">')
        expect(page.text).toContain('data-roles="ReadOnly"')
      },
      { timeout: 20_000, interval: 500 },
    )
  }, 40_000)

  it('keeps a person without a CRM account out, and says so', async () => {
    const { browser, page } = await signIn('chen.jie')
    expect(page.status).toBeGreaterThanOrEqual(400)
    expect(await session(browser)).toMatchObject({ status: 401 })
  })

  it('a session outlives kill -9 of the CRM', async () => {
    const { browser } = await signIn('zhang.wei')
    expect(await session(browser)).toEqual({ status: 200, userId: 'U-1002', roles: ['Rep'] })
    await crm.kill('SIGKILL')
    await crm.start()
    expect(await session(browser)).toEqual({ status: 200, userId: 'U-1002', roles: ['Rep'] })
  })

  it('a callback is worth nothing a second time, in another browser, or without its beginning', async () => {
    const browser = new FormBrowser()
    const form = await browser.open(crm.url)
    expect(form.url.origin).toBe(idp.url)
    for (const query of ['', '?code=stolen', '?code=stolen&state=invented', '?error=access_denied&state=invented']) {
      const page = await browser.open(`${crm.url}/oidc/callback${query}`)
      expect(page.status).toBe(400)
      expect(page.text).toContain('请重新登录')
    }
    expect(await session(browser)).toMatchObject({ status: 401 })
  })

  it('signing out at the issuer ends the CRM’s session, also when the CRM was down at that moment', async () => {
    const { browser } = await signIn('zhao.lei')
    const other = await signIn('zhao.lei')
    expect((await session(browser)).status).toBe(200)
    await crm.kill('SIGKILL')
    const asked = await browser
      .open(
        `${seedEnvironment.ISSUER}/protocol/openid-connect/logout?client_id=crm&post_logout_redirect_uri=${encodeURIComponent(`${crm.url}/`)}`,
      )
      .catch(() => undefined)
    // Some providers ask first; then one form stands between.
    if (asked && /<form/i.test(asked.text) && asked.url.origin === idp.url)
      await browser.submit(asked, { logout: 'yes' }).catch(() => undefined)
    await crm.start()
    await vi.waitFor(async () => expect((await session(browser)).status).toBe(401), { timeout: 15_000, interval: 200 })
    // Another sign-in of the same person, in another browser, is another session.
    expect((await session(other.browser)).status).toBe(200)
  }, 40_000)
})
