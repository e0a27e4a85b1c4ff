import { afterAll, beforeAll, expect, test } from 'vitest'
import { startDirectory } from '../admin/testing/idp.ts'
import { accountOperations } from './routes.ts'

let idp: Awaited<ReturnType<typeof startDirectory>>
// biome-ignore lint/suspicious/noExplicitAny: the document is looked at as any reader of OpenAPI would
let document: any
beforeAll(async () => {
  idp = await startDirectory()
  await idp.importCompany()
  document = await (await fetch(`${idp.url}/account/openapi.json`)).json()
})
afterAll(() => idp.stop())

test('the document is OpenAPI 3.1, names every operation once, and its references lead somewhere', () => {
  expect(document.openapi).toBe('3.1.0')
  const ids = Object.values(document.paths).flatMap(path =>
    Object.values(path as object).map((one: { operationId: string }) => one.operationId),
  )
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.length).toBe(accountOperations.length)
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)]
  for (const [, name] of references) expect(document.components.schemas).toHaveProperty(name!)
})

const each = accountOperations.map(one => [`${one.method.toUpperCase()} ${one.path}`, one] as const)

test.each(each)('%s is for a person with a live session only', async (_, one) => {
  const path = one.path.replace(/\{\w+\}/g, 'x')
  const call = async (authorization?: string) => {
    const headers = { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) }
    const body = one.method === 'get' || one.method === 'delete' ? undefined : '{}'
    const response = await fetch(`${idp.url}${path}`, {
      method: one.method.toUpperCase(),
      headers,
      ...(body ? { body } : {}),
    })
    return { status: response.status, code: ((await response.json()) as { code: string }).code }
  }
  const bearer = async (claims: Parameters<typeof idp.token>[0]) => `Bearer ${await idp.token(claims)}`
  expect(await call()).toEqual({ status: 401, code: 'invalid_token' })
  expect(await call('Bearer not.a.token')).toEqual({ status: 401, code: 'invalid_token' })
  const script = { sub: 'bootstrap', client_id: 'bootstrap', scope: 'admin' }
  expect(await call(await bearer(script))).toEqual({ status: 403, code: 'person_only' })
  // A session that never was, or has ended.
  expect(await call(await bearer({ sub: 'e0012', sid: 'gone' }))).toEqual({ status: 401, code: 'invalid_token' })
  expect(await call(await bearer({ sub: 'e0012' }))).toEqual({ status: 403, code: 'person_only' })
})
