import { randomBytes } from 'node:crypto'
import { readConfig } from '@atrium/platform/config'
import { freePort, testDatabase } from '@atrium/platform/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { configSchema } from '../config.ts'
import { effectiveRights } from '../roles/effective.ts'
import { type IdpService, startIdp } from '../service.ts'
import { authenticate } from './authenticate.ts'
import { offerFirstAdministrator } from './first-administrator.ts'

let idp: IdpService
let first: string | undefined
beforeAll(async () => {
  const port = await freePort()
  const secret = randomBytes(24).toString('hex')
  idp = await startIdp(
    readConfig(configSchema, {
      PORT: String(port),
      DATABASE_URL: await testDatabase(),
      ISSUER: `http://localhost:${port}/realms/atrium`,
      PORTAL_URL: 'http://localhost:39000',
      GATEWAY_URL: 'http://localhost:1',
      COOKIE_KEYS: secret,
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      GATEWAY_CLIENT_SECRET: secret,
      FIRST_ADMINISTRATOR: 'it@example.com',
    }),
  )
  first = await offerFirstAdministrator(idp.deps)
})
afterAll(() => idp.stop())

const post = (link: string, body: Record<string, string>) =>
  fetch(link, {
    method: 'POST',
    body: new URLSearchParams(body),
    redirect: 'manual',
    headers: { 'accept-language': 'en' },
  })
const password = 'correct horse battery'

test('an empty directory gets one administrator, whose newest link alone sets the password, once', async () => {
  const stale = first!
  const link = (await offerFirstAdministrator(idp.deps))!
  expect((await fetch(stale)).status).toBe(410)
  expect(await (await fetch(link, { headers: { 'accept-language': 'zh-CN' } })).text()).toContain('设置管理员密码')

  expect(await (await post(link, { password: 'short', again: 'short' })).text()).toContain('10 characters or more')
  expect(await (await post(link, { password, again: 'another password' })).text()).toContain('The two passwords differ')

  const answers = await Promise.all(Array.from({ length: 5 }, () => post(link, { password, again: password })))
  expect(answers.map(answer => answer.status).sort()).toEqual([303, 410, 410, 410, 410])
  const signedIn = await authenticate(idp.deps.db, { username: 'admin', password, ip: '127.0.0.1', clientId: 'portal' })
  expect(signedIn.kind).toBe('recognised')
  expect((await effectiveRights(idp.deps.db, 'first-administrator')).businessRoles).toContain('administrator')
  expect(await offerFirstAdministrator(idp.deps)).toBeUndefined()
})

test('a link that never was is refused', async () => {
  const made = `${idp.deps.config.ISSUER}/first-password/${'x'.repeat(43)}`
  expect((await fetch(made)).status).toBe(410)
  expect((await post(made, { password, again: password })).status).toBe(410)
})
