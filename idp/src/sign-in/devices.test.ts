import { listOutbox } from '@atrium/platform/outbox'
import { CompiledQuery } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until } from '../admin/testing/idp.ts'
import { TestBrowser } from '../oidc/testing/browser.ts'
import { startTestIdp, type TestIdp } from '../oidc/testing/idp.ts'
import { visit } from '../oidc/testing/relying-party.ts'
import { noteDeviceSql, noteDeviceValues } from './devices.ts'
import { readMailOf } from './reset/testing/mailbox.ts'

let idp: TestIdp
beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.stop())
afterEach(async () => {
  const { db } = idp.service.deps
  await notices()
  await db.deleteFrom('mail').execute()
  await db.deleteFrom('known_device').execute()
  await db.updateTable('person').set({ device_since: null, locale: null }).execute()
  await db.updateTable('sign_in_policy').set({ policy: '{}' }).execute()
})

const chrome =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'
const cookieOf = (browser: TestBrowser) => [...browser.cookies].find(([key]) => /_device /.test(key))
const forgetSession = (browser: TestBrowser): void => {
  for (const key of browser.cookies.keys()) if (!/_device /.test(key)) browser.cookies.delete(key)
}
const signIn = async (username: string, browser = new TestBrowser({ 'user-agent': chrome })): Promise<TestBrowser> => {
  forgetSession(browser)
  await visit(idp, 'portal', username, { browser })
  return browser
}
const devices = (personId: string) =>
  idp.service.deps.db.selectFrom('known_device').selectAll().where('person_id', '=', personId).execute()
/** The notices, when the worker has nothing more to write. */
const notices = async (): Promise<string[]> => {
  const { db } = idp.service.deps
  await until(async () => (await listOutbox(db, { topic: 'mail', state: 'pending' })).length === 0)
  const mails = await db.selectFrom('mail').select('person_id').where('kind', '=', 'new_device').execute()
  return mails.map(mail => mail.person_id ?? '')
}

test('the first browser is no news, the same one later neither, another one is told with time, address and name', async () => {
  await idp.service.deps.db.updateTable('person').set({ locale: 'en' }).where('id', '=', 'e0007').execute()
  const first = await signIn('li.na')
  await signIn('li.na', first)
  expect(await notices()).toEqual([])
  expect(await devices('e0007')).toHaveLength(1)

  await signIn('li.na')
  expect(await notices()).toEqual(['e0007'])
  const mail = await readMailOf(idp, 'e0007', 'new_device')
  expect(mail?.subject).toMatch(/^Sign-in from a new device · /)
  expect(mail?.text).toContain('Chrome on Windows')
  expect(mail?.text).toMatch(/Address: (127\.0\.0\.1|::1|::ffff:127\.0\.0\.1)/)
  expect(mail?.text).toContain('tell an administrator at once')
})

test('the cookie is for pages of ours only, lasts, and only its hash is stored', async () => {
  const browser = new TestBrowser()
  const lines: string[] = []
  const plain = browser.fetch.bind(browser)
  browser.fetch = async (...of) => {
    const response = await plain(...of)
    lines.push(...response.headers.getSetCookie())
    return response
  }
  await signIn('li.na', browser)
  const line = lines.find(one => /_device=/.test(one)) ?? ''
  expect(line).toMatch(/^atrium_idp_\d+_device=[\w-]{43};/)
  expect(line).toMatch(/path=\/realms\/atrium/i)
  expect(line).toMatch(/httponly/i)
  expect(line).toMatch(/samesite=lax/i)
  const ends = Date.parse(/expires=([^;]+)/i.exec(line)?.[1] ?? '')
  expect(Math.round((ends - Date.now()) / 86_400_000)).toBe(400)
  const secret = cookieOf(browser)?.[1].value ?? ''
  expect(JSON.stringify(await devices('e0007'))).not.toContain(secret)
})

test('a cookie that is no cookie of ours counts as a new browser, and is replaced', async () => {
  await signIn('li.na')
  for (const value of ['', 'x', 'x'.repeat(5000), "'; drop table person; --"]) {
    const browser = await signIn('li.na')
    const [key] = cookieOf(browser) ?? ['']
    browser.cookies.set(key, { value, path: '/realms/atrium' })
    await signIn('li.na', browser)
    expect(cookieOf(browser)?.[1].value).toMatch(/^[\w-]{43}$/)
  }
  expect(await devices('e0007')).toHaveLength(9)
})

test('a browser that somebody else uses is new for the next person', async () => {
  const shared = await signIn('li.na')
  await signIn('zhang.wei')
  await signIn('zhang.wei', shared)
  expect(await notices()).toEqual(['e0012'])
})

test('removing every browser does not silence the next notice', async () => {
  await signIn('li.na')
  await idp.service.deps.db.deleteFrom('known_device').execute()
  await signIn('li.na')
  expect(await notices()).toEqual(['e0007'])
})

test('nobody is told where the policy does not want it', async () => {
  await idp.service.deps.db
    .updateTable('sign_in_policy')
    .set({ policy: JSON.stringify({ newDeviceNotice: false }) })
    .execute()
  await signIn('li.na')
  await signIn('li.na')
  expect(await notices()).toEqual([])
  expect(await devices('e0007')).toHaveLength(2)
})

test('ten first sign-ins at once make nine notices', async () => {
  const { db } = idp.service.deps
  const first = async (n: number): Promise<unknown> => {
    const device = { secret: '', hash: `browser ${n}`, userAgent: chrome, ip: '192.0.2.1' }
    const values = noteDeviceValues(device, { personId: 'e0021', factorGiven: false, notice: true })
    return await db.executeQuery(CompiledQuery.raw(`with ${noteDeviceSql(1)} select 1 from device`, values))
  }
  await Promise.all(Array.from({ length: 10 }, (_, n) => first(n)))
  expect(await notices()).toEqual(Array(9).fill('e0021'))
})
