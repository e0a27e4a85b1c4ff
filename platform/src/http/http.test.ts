import { afterEach, expect, test } from 'vitest'
import { createApp, type Served, serve } from '../http.ts'
import { currentTrace } from '../log.ts'
import { Problem } from '../problem.ts'

let served: Served | undefined
afterEach(() => served?.stop())

async function app(health: Record<string, () => Promise<void>> = {}): Promise<string> {
  const koa = createApp({ name: 'test', corsOrigins: ['http://portal.example'] })
  koa.use(async (ctx, next) => {
    if (ctx.path === '/refused')
      throw new Problem(409, 'draft_changed', { zh: '草稿已被修改', en: 'The draft was changed' })
    if (ctx.path === '/broken') throw new Error('secret connection string')
    if (ctx.path === '/trace') ctx.body = currentTrace()?.traceId
    else await next()
  })
  served = await serve(koa, { name: 'test', port: 0, health })
  return served.url
}

test('a refusal is a problem document in the language of the caller', async () => {
  const url = await app()
  const zh = await fetch(`${url}/refused`, { headers: { 'accept-language': 'fr, zh-CN;q=0.9, en;q=0.8' } })
  expect(zh.status).toBe(409)
  expect(zh.headers.get('content-type')).toContain('application/problem+json')
  expect(await zh.json()).toMatchObject({ status: 409, code: 'draft_changed', detail: '草稿已被修改' })
  expect(await (await fetch(`${url}/refused`, { headers: { 'accept-language': 'en-GB' } })).json()).toMatchObject({
    detail: 'The draft was changed',
  })
})

test('an unexpected fault says nothing of its inside and names the trace to look for', async () => {
  const url = await app()
  const answer = await fetch(`${url}/broken`, { headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } })
  const text = await answer.text()
  expect(answer.status).toBe(500)
  expect(text).not.toContain('secret')
  expect(JSON.parse(text)).toMatchObject({ code: 'internal', traceId: 'a'.repeat(32) })
})

test('a malformed traceparent starts a new trace', async () => {
  const url = await app()
  expect(await (await fetch(`${url}/trace`, { headers: { traceparent: '00-xyz' } })).text()).toMatch(/^[0-9a-f]{32}$/)
})

test('readiness names the dependency that fails, health stays up', async () => {
  const url = await app({ database: async () => {}, idp: () => Promise.reject(new Error('down')) })
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  const ready = await fetch(`${url}/readyz`)
  expect(ready.status).toBe(503)
  expect(await ready.json()).toEqual({ status: 'not ready', checks: { database: 'ok', idp: 'failed' } })
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('http_request_duration_seconds')
})

test('only a listed origin may read answers from a browser', async () => {
  const url = await app()
  const preflight = (origin: string) =>
    fetch(`${url}/trace`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
    })
  expect((await preflight('http://portal.example')).headers.get('access-control-allow-origin')).toBe(
    'http://portal.example',
  )
  expect((await preflight('http://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
})
