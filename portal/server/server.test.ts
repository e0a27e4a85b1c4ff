import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { request, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '@atrium/platform/config'
import { serve } from '@atrium/platform/http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { portalApp } from './app.ts'
import { readAssets } from './assets.ts'
import { configSchema } from './config.ts'

const env = {
  PORT: '0',
  ISSUER: 'https://id.example.com/realms/atrium',
  GATEWAY_URL: 'https://api.example.com/',
  COMPANY_NAME_ZH: '华信机械',
  COMPANY_NAME_EN: 'Huaxin Machinery',
}
let served: { server: Server; url: string; stop(): Promise<void> }

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'portal-'))
  await mkdir(join(folder, 'assets'))
  await mkdir(join(folder, '.vite'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><div id="root"></div>')
  await writeFile(join(folder, 'silent-check-sso.html'), '<!doctype html>')
  await writeFile(join(folder, 'assets/index-a1b2.js'), `export const text = '${'x'.repeat(5000)}'`)
  await writeFile(join(folder, '.vite/manifest.json'), '{}')
  const config = readConfig(configSchema, env)
  served = await serve(portalApp(config, await readAssets(folder)), { name: 'portal', port: 0, health: {} })
})
afterAll(() => served.stop())

const get = (path: string, init?: RequestInit): Promise<Response> => fetch(served.url + path, init)

// fetch adds `cache-control: no-cache` to conditional requests, which no browser does.
const statusOf = (path: string, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(served.url + path, { headers }, answer => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end()
  })

describe('the portal’s server', () => {
  it('gives hashed files for ever, compressed, and the page never without asking again', async () => {
    const script = await get('/assets/index-a1b2.js', { headers: { 'accept-encoding': 'br' } })
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(script.headers.get('content-encoding')).toBe('br')
    expect((await script.text()).length).toBeGreaterThan(5000)
    const page = await get('/')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    expect(await statusOf('/', { 'if-none-match': page.headers.get('etag')! })).toBe(304)
  })

  it('answers every address of the portal with the page', async () => {
    for (const path of ['/inbox/7', '/boards/overview', '/index.html']) {
      const answer = await get(path)
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('id="root"')])
    }
  })

  it('does not answer a file of another build with the page', async () => {
    expect((await get('/assets/index-gone.js')).status).toBe(404)
  })

  it('keeps the build’s own notes to itself', async () => {
    expect(await (await get('/.vite/manifest.json')).text()).toContain('id="root"')
  })

  it('allows scripts and styles of its own only, and connections to the issuer and the gateway', async () => {
    const policy = (await get('/')).headers.get('content-security-policy')!
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("connect-src 'self' https://id.example.com https://api.example.com wss://api.example.com;")
    expect(policy).toContain("frame-src 'self' https://id.example.com;")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
  })

  it('lets only itself frame the silent sign-in page', async () => {
    const policy = (await get('/silent-check-sso.html')).headers.get('content-security-policy')
    expect(policy).toContain("frame-ancestors 'self'")
  })

  it('tells the browser where issuer and gateway are', async () => {
    const answer = await get('/config.json')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toEqual({
      issuer: 'https://id.example.com/realms/atrium',
      url: 'https://id.example.com',
      realm: 'atrium',
      clientId: 'portal',
      gateway: 'https://api.example.com',
      company: { zh: '华信机械', en: 'Huaxin Machinery' },
    })
  })

  it('takes nothing but reading', async () => {
    const answer = await get('/', { method: 'POST', body: 'x' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })

  it('names every fault of its configuration at once', () => {
    expect(() => readConfig(configSchema, { ISSUER: 'https://id.example.com/oidc', GATEWAY_URL: 'ftp://x' })).toThrow(
      /ISSUER: must end in \/realms[\s\S]*GATEWAY_URL/,
    )
  })
})
