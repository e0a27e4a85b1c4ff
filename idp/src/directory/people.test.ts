import { setClock } from '@atrium/platform/clock'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startDirectory } from '../admin/testing/idp.ts'
import { admitAttempt } from '../sign-in/throttle.ts'

let idp: Awaited<ReturnType<typeof startDirectory>>
let admin: ReturnType<typeof idp.as>
beforeAll(async () => {
  idp = await startDirectory()
  await idp.importCompany()
  admin = idp.as('e0000')
})
afterAll(() => idp.stop())

const found = async (query: string) =>
  (await admin.get(`/admin/people?${query}`)).body.items.map((person: { id: string }) => person.id)

test('people are listed by their Chinese name in pages, each once', async () => {
  const seen: string[] = []
  let after = ''
  for (let i = 0; i < 5; i++) {
    const { body } = await admin.get(`/admin/people?first=2${after ? `&after=${after}` : ''}`)
    expect(body.total).toBe(6)
    seen.push(...body.items.map((person: { name: { zh: string } }) => person.name.zh))
    if (!body.next) break
    after = body.next
  }
  // By pinyin: chen, guan, li, sun, wang, zhang.
  expect(seen).toEqual(['陈杰', '管理员', '李娜', '孙立', '王芳', '张伟'])
})

test('search finds by name in both languages, user name, mail and id; signs of patterns are texts', async () => {
  expect(await found(`search=${encodeURIComponent('张')}`)).toEqual(['e0012'])
  expect(await found('search=zhang%20wei')).toEqual(['e0012'])
  expect(await found('search=LI.NA')).toEqual(['e0007'])
  expect(await found('search=e0021')).toEqual(['e0021'])
  expect(await found('search=%25')).toEqual([])
  expect(await found('search=_')).toEqual([])
  expect(await found('role=administrator')).toEqual(['e0000', 'e0002'])
  expect(await found('department=sales')).toEqual(['e0007', 'e0012'])
  expect(await found('active=false')).toEqual([])
})

test('a person is shown with department path, manager, identities, rights and assignments', async () => {
  const { body } = await admin.get('/admin/people/e0012')
  expect(body).toMatchObject({
    username: 'zhang.wei',
    manager: { id: 'e0007', name: { zh: '李娜' } },
    departmentPath: [{ id: 'hx' }, { id: 'sales' }, { id: 'sales-1' }],
    identities: [{ system: 'crm', nativeId: 'U-1002' }, { system: 'erp' }, { system: 'oa' }],
    rights: { businessRoles: ['employee', 'sales-rep'] },
    assignments: [],
    sessions: 0,
    locked: false,
  })
  expect(await admin.get('/admin/people/nobody')).toMatchObject({ status: 404, body: { code: 'unknown_person' } })
})

test('bad periods, doubled grants and unknown roles are refused in the caller’s language', async () => {
  const grant = (body: object, language = 'en') =>
    admin.post('/admin/people/e0031/assignments', { reason: '试', ...body }, { 'accept-language': language })
  const past = new Date(Date.now() - 1000).toISOString()
  expect(await grant({ roleId: 'sales-rep', until: past })).toMatchObject({ status: 422, body: { code: 'bad_period' } })
  expect((await grant({ roleId: 'sales-rep', until: past }, 'zh-CN')).body.detail).toBe(
    '结束时间必须晚于开始时间，并且在将来',
  )
  expect(await grant({ roleId: 'king' })).toMatchObject({ status: 404, body: { code: 'unknown_role' } })
  expect(await grant({ roleId: 'purchaser' })).toMatchObject({ status: 409, body: { code: 'already_assigned' } })
  expect(await grant({ roleId: 'sales-rep', until: 'tomorrow' })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'body.until' }] },
  })
  expect(await grant({ roleId: 'sales-rep', reason: '  ' })).toMatchObject({ status: 400 })
  expect((await admin.get('/admin/people/e0031')).body.assignments).toHaveLength(1)
})

test('the same grant asked for twice at once is given once', async () => {
  const answers = await Promise.all(
    [1, 2].map(() => admin.post('/admin/people/e0002/assignments', { roleId: 'sales-manager', reason: '并发' })),
  )
  expect(answers.map(answer => answer.status).toSorted()).toEqual([201, 409])
  const { assignments } = (await admin.get('/admin/people/e0002')).body
  const id = assignments.find((one: { role: string }) => one.role === 'sales-manager').id
  const ends = await Promise.all([1, 2].map(() => admin.delete(`/admin/people/e0002/assignments/${id}`)))
  expect(ends.map(answer => answer.status).toSorted()).toEqual([204, 404])
})

test('deactivating ends the person’s sessions and tells the systems', async () => {
  const session = { accountId: 'e0012', uid: 'u1', authorizations: { crm: { sid: 's1', grantId: 'g1' } } }
  await idp.db
    .insertInto('oidc_model')
    .values({
      model: 'Session',
      id_hash: 'h1',
      payload: JSON.stringify(session),
      uid: 'u1',
      account_id: 'e0012',
      grant_id: null,
      consumed_at: null,
      expires_at: new Date(Date.now() + 60_000),
    })
    .execute()
  expect((await admin.get('/admin/people/e0012')).body.sessions).toBe(1)
  expect((await admin.post('/admin/people/e0012/deactivate')).body).toEqual({ sessionsEnded: 1 })
  expect((await admin.get('/admin/people/e0012')).body).toMatchObject({
    active: false,
    sessions: 0,
    rights: { businessRoles: [] },
  })
  expect((await admin.get('/admin/deliveries?topic=logout')).body.items).toMatchObject([
    { target: 'crm', state: 'pending', person: { id: 'e0012', name: { zh: '张伟' } } },
  ])
  const narrowed = async (query: string) =>
    (await admin.get(`/admin/deliveries?${query}`)).body.items.map((item: { target: string }) => item.target)
  expect(await narrowed('person=e0012')).toEqual(['crm'])
  expect(await narrowed('person=e0012&target=crm&state=pending')).toEqual(['crm'])
  expect(await narrowed('person=e0012&target=oa')).toEqual([])
  expect(await narrowed('person=e0007')).toEqual([])
  const actions = (await admin.get('/admin/audit?limit=2')).body.items.map((entry: { action: string }) => entry.action)
  expect(actions).toEqual(['person.deactivated', 'session.ended'])
})

test('who is locked out by wrong passwords is shown and can be let in again', async () => {
  const attempt = { username: 'wang.fang', ip: '203.0.113.9' }
  for (let i = 0; i < 40; i++) {
    await admitAttempt(idp.db, attempt)
    setClock(() => new Date(Date.now() + (i + 1) * 60_000))
  }
  const locked = async () => (await admin.get('/admin/people/e0021')).body.locked
  expect(await locked()).toBe(true)
  expect((await admin.post('/admin/people/e0021/unlock')).status).toBe(204)
  expect(await locked()).toBe(false)
  expect((await admin.get('/admin/audit?action=person.unlocked')).body.items).toMatchObject([
    { target: { id: 'e0021' }, detail: { wasLocked: true } },
  ])
  setClock()
})

test('the audit pages backwards and its chain verifies', async () => {
  const first = (await admin.get('/admin/audit?limit=3')).body
  const second = (await admin.get(`/admin/audit?limit=3&before=${first.next}`)).body
  expect(second.items[0].id).toBeLessThan(first.items.at(-1).id)
  expect((await admin.get('/admin/audit/verify')).body).toMatchObject({ broken: null, sealed: 0 })
})
