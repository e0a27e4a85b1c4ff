import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from './routes.ts'
import { startDirectory } from './testing/idp.ts'

let idp: Awaited<ReturnType<typeof startDirectory>>
// biome-ignore lint/suspicious/noExplicitAny: the document is looked at as any reader of OpenAPI would
let document: any
beforeAll(async () => {
  idp = await startDirectory()
  await idp.importCompany()
  document = await (await fetch(`${idp.url}/admin/openapi.json`)).json()
})
afterAll(() => idp.stop())

const each = operations.map(one => [`${one.method.toUpperCase()} ${one.path}`, one] as const)

test('the document is OpenAPI 3.1, its ids are unique and its references lead somewhere', () => {
  expect(document.openapi).toBe('3.1.0')
  const ids = Object.values(document.paths).flatMap(path => Object.values(path as object).map(one => one.operationId))
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.length).toBe(operations.length)
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
    match => match[1]!,
  )
  expect(references.length).toBeGreaterThan(20)
  for (const name of references) expect(document.components.schemas).toHaveProperty(name)
})

/** A path of the operation that leads to something in the small company. */
function address(path: string): string {
  const examples: Record<string, string> = {
    id: 'e0012',
    role: 'sales-rep',
    system: 'crm',
    nativeId: 'U-1002',
    assignmentId: '999',
    version: '1',
    factorId: 'no-factor',
    sessionId: 'no-session',
    test: 'no-test',
    kid: 'no-key',
  }
  const numbered = path.startsWith('/admin/roles/rules') || path.startsWith('/admin/deliveries')
  return path.replace(/\{(\w+)\}/g, (_, name: string) => (numbered && name === 'id' ? '999' : examples[name]!))
}

test.each(each)('%s refuses a stranger, and answers an administrator as it says it does', async (_, one) => {
  const described = document.paths[one.path][one.method]
  for (const name of one.path.matchAll(/\{(\w+)\}/g))
    expect(described.parameters).toContainEqual(expect.objectContaining({ name: name[1], in: 'path', required: true }))
  const call = async (who: string) => {
    const caller = idp.as(who)
    const path = address(one.path)
    if (one.method === 'get' || one.method === 'delete') return await caller[one.method](path)
    return await caller[one.method](path, {})
  }
  expect((await call('e0012')).status).toBe(403)
  const answer = await call('e0000')
  expect(described.responses, `${answer.status} ${JSON.stringify(answer.body)}`).toHaveProperty(String(answer.status))
  const type = answer.status < 400 ? 'application/json' : 'application/problem+json'
  const schema = described.responses[answer.status].content?.[type]?.schema
  if (!schema) return expect(answer.body).toBeNull()
  expect(answer.headers.get('content-type')).toContain(type)
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  const valid = ajv.compile({ ...schema, components: document.components })
  expect(valid(answer.body), JSON.stringify(valid.errors)).toBe(true)
})
