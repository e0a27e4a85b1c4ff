import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listOutbox } from '@atrium/platform/outbox'
import { generateKeyPair } from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { TestBrowser } from '../../idp/src/oidc/testing/browser.ts'
import { insecure, registration, type Stage, startStage } from './stage.ts'
import { formOf, signIn } from './visit.ts'

type Listener = { port: number; requests: string[]; redirectTo?: string; stop(): Promise<void> }

/** A host that counts who calls it; `redirectTo` is where it sends them on. */
async function listener(): Promise<Listener> {
  const one: Listener = { port: 0, requests: [], stop: async () => {} }
  const server = createServer((request, response) => {
    one.requests.push(request.url ?? '')
    request.resume()
    if (one.redirectTo) response.writeHead(one.redirectTo.endsWith('/found') ? 302 : 307, { location: one.redirectTo })
    response.end()
  })
  await new Promise<void>(resolve => server.listen(0, 'localhost', resolve))
  one.port = (server.address() as AddressInfo).port
  one.stop = () => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(() => resolve()))
  }
  return one
}

let stage: Stage
let allowed: Listener
let forbidden: Listener
beforeAll(async () => {
  ;[allowed, forbidden] = await Promise.all([listener(), listener()])
  stage = await startStage('query', { OUTGOING_HOSTS: `LOCALHOST:${allowed.port}` })
})
afterAll(async () => {
  await stage.stop()
  await Promise.all([allowed.stop(), forbidden.stop()])
})
beforeEach(async () => {
  for (const one of [allowed, forbidden]) {
    one.requests = []
    delete one.redirectTo
  }
  await stage.idp.service.deps.db.deleteFrom('sign_in_throttle').execute()
})

const withLogout = (path: string): Promise<client.Configuration> =>
  stage.register({
    backchannel_logout_uri: `http://localhost:${allowed.port}${path}`,
    backchannel_logout_session_required: true,
  })

async function signOut(browser: TestBrowser, idToken: string): Promise<void> {
  const page = await browser.follow(`${stage.issuer}/protocol/openid-connect/logout?id_token_hint=${idToken}`)
  const form = formOf(await page.response.text())!
  form.fields.set('logout', 'yes')
  await browser.follow(form.action, { method: 'POST', body: form.fields })
}

const delivery = async (config: client.Configuration) =>
  (await listOutbox(stage.idp.service.deps.db as never, { topic: 'logout' })).find(
    row => row.payload.clientId === registration(config).client_id,
  )

describe('an address that a client names is called at allowed hosts only', () => {
  it('and there it is', async () => {
    const config = await withLogout('/bye')
    const { browser, tokens } = await signIn(stage, config)
    await signOut(browser, tokens.id_token!)
    await expect.poll(() => allowed.requests, { timeout: 10_000 }).toEqual(['/bye'])
    await expect.poll(async () => (await delivery(config))?.state).toBe('done')
  })

  it.each([
    ['another port', (port: number) => `http://localhost:${port}/`],
    ['no port', () => 'http://localhost/'],
    ['the address behind the name', () => `http://127.0.0.1:${allowed.port}/`],
    ['the address in decimal', () => `http://2130706433:${allowed.port}/`],
    ['the address in hexadecimal', () => `http://0x7f000001:${allowed.port}/`],
    ['the address in octal', () => `http://0177.0.0.1:${allowed.port}/`],
    ['a short address', () => `http://127.1:${allowed.port}/`],
    ['the IPv6 address', () => `http://[::1]:${allowed.port}/`],
    ['the IPv4 address in IPv6', () => `http://[::ffff:127.0.0.1]:${allowed.port}/`],
    ['any address', () => `http://0.0.0.0:${allowed.port}/`],
    ['another name of it', () => `http://localhost.:${allowed.port}/`],
    ['a name below it', () => `http://evil.localhost:${allowed.port}/`],
    ['a name that ends with it', () => `http://evil-localhost:${allowed.port}/`],
    ['the allowed host as a user', (port: number) => `http://localhost:${allowed.port}@localhost:${port}/`],
    ['a user', () => `http://user@localhost:${allowed.port}/`],
    ['a password', () => `http://:secret@localhost:${allowed.port}/`],
    ['a backslash', (port: number) => `http://localhost:${port}\\@localhost:${allowed.port}/`],
    ['the cloud’s own address', () => 'http://169.254.169.254/latest/meta-data/'],
    ['a file', () => 'file:///etc/passwd'],
    ['another protocol', () => `gopher://localhost:${allowed.port}/`],
  ])('not at %s', async (_name, address) => {
    const uri = address(forbidden.port)
    for (const metadata of [
      { backchannel_logout_uri: uri, backchannel_logout_session_required: true },
      { jwks_uri: uri, token_endpoint_auth_method: 'private_key_jwt' },
    ])
      await expect(stage.register(metadata)).rejects.toMatchObject({ error: 'invalid_client_metadata' })
    expect([allowed.requests, forbidden.requests]).toEqual([[], []])
  })

  it.each(['found', 'temporary'])('not where an allowed host redirects to (%s)', async kind => {
    allowed.redirectTo = `http://localhost:${forbidden.port}/${kind}`
    const config = await withLogout('/moved')
    const { browser, tokens } = await signIn(stage, config)
    await signOut(browser, tokens.id_token!)
    await expect.poll(async () => (await delivery(config))?.lastError, { timeout: 10_000 }).toMatch(/^answered 30[27]$/)
    expect((await delivery(config))?.state).toBe('pending')
    expect(forbidden.requests).toEqual([])
  })

  it('not for a key set that moved', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    const config = await stage.register(
      { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: `http://localhost:${allowed.port}/certs` },
      client.PrivateKeyJwt(privateKey),
    )
    allowed.redirectTo = `http://localhost:${forbidden.port}/certs`
    const stolen = await client.discovery(
      new URL(stage.issuer),
      registration(config).client_id as string,
      {},
      client.PrivateKeyJwt(privateKey),
      insecure,
    )
    await expect(client.refreshTokenGrant(stolen, 'any')).rejects.toMatchObject({ name: 'ResponseBodyError' })
    expect(allowed.requests.length).toBeGreaterThan(0)
    expect(forbidden.requests).toEqual([])
  })

  it('no longer once it is not allowed any more', async () => {
    const config = await withLogout('/bye')
    const id = registration(config).client_id as string
    const { db } = stage.idp.service.deps
    const { metadata } = await db
      .selectFrom('registered_client')
      .select('metadata')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    const { browser, tokens } = await signIn(stage, config)
    await db
      .updateTable('registered_client')
      .set({
        metadata: JSON.stringify({ ...metadata, backchannel_logout_uri: `http://localhost:${forbidden.port}/` }),
      })
      .where('id', '=', id)
      .execute()
    await signOut(browser, tokens.id_token!)
    await expect
      .poll(() => delivery(config), { timeout: 10_000 })
      .toMatchObject({ state: 'dead', lastError: 'its host is not in OUTGOING_HOSTS' })
    expect(forbidden.requests).toEqual([])
  })
})
