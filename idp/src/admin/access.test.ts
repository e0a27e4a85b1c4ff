import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from './routes.ts'
import { startDirectory } from './testing/idp.ts'

let idp: Awaited<ReturnType<typeof startDirectory>>
beforeAll(async () => {
  idp = await startDirectory()
  await idp.importCompany()
})
afterAll(() => idp.stop())

const bare = (headers: Record<string, string>) => fetch(`${idp.url}/admin/roles`, { headers })

test('without a token, with a forged one or one for somebody else, nothing opens', async () => {
  for (const headers of [{}, { authorization: 'Basic YTpi' }, { authorization: 'Bearer not.a.token' }] as Record<
    string,
    string
  >[]) {
    const response = await bare(headers)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('Bearer')
    expect(await response.json()).toMatchObject({ code: 'invalid_token' })
  }
})

test('only administrators of this moment come in, whatever their token says', async () => {
  expect(await idp.as('e0012').get('/admin/roles')).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  expect((await idp.as('e0000').get('/admin/audit?action=admin.refused')).body.items[0]).toMatchObject({
    actor: { id: 'e0012' },
    target: { id: 'GET /admin/roles' },
    outcome: 'refused',
  })
  const second = idp.as('e0002')
  expect((await second.get('/admin/roles')).status).toBe(200)
  const { assignments } = (await second.get('/admin/people/e0002')).body
  expect((await idp.as('e0000').delete(`/admin/people/e0002/assignments/${assignments[0].id}`)).status).toBe(204)
  expect((await second.get('/admin/roles')).status).toBe(403)
})

test('every operation is open to a script with the scope admin, and to no other client', async () => {
  const script = idp.as('client:bootstrap admin')
  const other = idp.as('client:crm events:write')
  for (const { method, path } of operations) {
    // Nothing has this id and no operation knows this member: hardly anything changes.
    const address = path.replace(/\{\w+\}/g, 'nothing-has-this-id')
    const call = (who: typeof script) =>
      method === 'get' || method === 'delete' ? who[method](address) : who[method](address, { unknown: true })
    expect([401, 403], `${method} ${path}`).not.toContain((await call(script)).status)
    expect((await call(other)).body, `${method} ${path}`).toMatchObject({ code: 'insufficient_scope' })
  }
})

test('a client needs the right scope: admin here, scim or scim:read there', async () => {
  expect((await idp.as('client:bootstrap admin').get('/admin/roles')).status).toBe(200)
  const reader = idp.as('client:gateway scim:read')
  expect(await reader.get('/admin/roles')).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } })
  expect((await reader.get('/scim/v2/Users')).status).toBe(200)
  expect((await idp.as('client:crm events:write').get('/scim/v2/Users')).status).toBe(403)
})

test('a person cannot pass for a client by the scopes of their token', async () => {
  const token = await idp.token({ sub: 'e0012', scope: 'openid admin' })
  expect((await bare({ authorization: `Bearer ${token}` })).status).toBe(403)
  const namesake = await idp.token({ sub: 'portal', client_id: 'portal', scope: 'openid admin', sid: 's1' })
  expect((await bare({ authorization: `Bearer ${namesake}` })).status).toBe(403)
})

test('the last administrator can neither be deactivated nor lose the role', async () => {
  const admin = idp.as('e0000')
  expect(await admin.post('/admin/people/e0000/deactivate')).toMatchObject({
    status: 409,
    body: { code: 'last_administrator' },
  })
  const { assignments } = (await admin.get('/admin/people/e0000')).body
  expect(await admin.delete(`/admin/people/e0000/assignments/${assignments[0].id}`)).toMatchObject({
    status: 409,
    body: { code: 'last_administrator' },
  })
  expect((await admin.get('/admin/people/e0000')).body.active).toBe(true)
})
