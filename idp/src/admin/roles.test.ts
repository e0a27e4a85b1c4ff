import { sql } from '@atrium/platform/database'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startDirectory } from './testing/idp.ts'

let idp: Awaited<ReturnType<typeof startDirectory>>
let admin: ReturnType<typeof idp.as>
let second: ReturnType<typeof idp.as>

beforeAll(async () => {
  idp = await startDirectory()
  await idp.importCompany()
  admin = idp.as('e0000')
  second = idp.as('e0002')
})
afterAll(() => idp.stop())
beforeEach(async () => {
  await admin.delete('/admin/roles/draft')
})

const teamLead = { nativeRoles: ['TeamLead'] }
const hints = async (type: string) =>
  (
    await sql<{
      data: unknown
    }>`select payload->'data' as data from outbox where topic = 'events' and payload->>'type' = ${type} order by id`.execute(
      idp.db,
    )
  ).rows.map(row => row.data)

test('the matrix shows systems, roles with their members, what is live, and no draft', async () => {
  const { body } = await admin.get('/admin/roles')
  expect(body.systems.map((system: { id: string }) => system.id)).toEqual(['crm', 'erp', 'oa'])
  expect(JSON.stringify(body)).not.toContain('secret')
  expect(body.roles.find((role: { id: string }) => role.id === 'employee')).toMatchObject({
    name: { zh: '员工', en: 'Employee' },
    members: 6,
  })
  expect(body.published).toMatchObject({ version: 1, comment: 'imported' })
  expect(body.published.cells).toContainEqual({ role: 'sales-rep', system: 'crm', nativeRoles: ['Rep'], scope: 'own' })
  expect(body).toMatchObject({ draft: null, drift: 0, fourEyes: false })
})

test('an edited cell takes the widest usual scope, the preview names who gains and loses, publishing does exactly that', async () => {
  const draft = await admin.put('/admin/roles/draft/cells/sales-rep/crm', teamLead)
  expect(draft).toMatchObject({ status: 200, body: { version: 2, revision: 1, by: { id: 'e0000', name: '管理员' } } })
  expect(draft.body.changes).toEqual([
    {
      role: 'sales-rep',
      system: 'crm',
      before: { nativeRoles: ['Rep'], scope: 'own' },
      after: { nativeRoles: ['TeamLead'], scope: 'department_and_below' },
    },
  ])
  const zhang = { id: 'e0012', name: { zh: '张伟', en: 'Zhang Wei' }, department: { zh: '销售一部', en: 'Sales 1' } }
  const preview = await admin.get('/admin/roles/draft/preview')
  expect(preview.body).toEqual({
    revision: 1,
    gains: [{ system: 'crm', nativeRole: 'TeamLead', count: 1, people: [zhang] }],
    losses: [{ system: 'crm', nativeRole: 'Rep', count: 1, people: [zhang] }],
    scopeChanges: [{ system: 'crm', from: 'own', to: 'department_and_below', count: 1, people: [zhang] }],
    affected: 1,
    sessions: 0,
    conflicts: [],
    fourEyes: false,
    blocked: null,
  })
  const published = await admin.post('/admin/roles/draft/publish', { comment: '试用团队负责人' })
  expect(published).toMatchObject({ status: 200, body: { version: 2 } })
  const person = await admin.get('/admin/people/e0012')
  expect(person.body.rights.systems.crm).toEqual({ id: 'U-1002', roles: ['TeamLead'], scope: 'department_and_below' })
  expect((await hints('atrium.roles.published')).at(-1)).toEqual({ version: 2, personIds: ['e0012'] })
  const [entry] = (await admin.get('/admin/audit?action=roles.published')).body.items
  expect(entry).toMatchObject({
    actor: { id: 'e0000', kind: 'person' },
    target: { id: 'v2' },
    outcome: 'success',
    detail: { comment: '试用团队负责人', people: 1 },
  })

  const back = await admin.post('/admin/roles/versions/1/rollback', { comment: '撤回' })
  expect(back).toMatchObject({ status: 200, body: { version: 3 } })
  expect((await admin.get('/admin/people/e0012')).body.rights.systems.crm.roles).toEqual(['Rep'])
  expect(
    (await admin.get('/admin/roles/versions')).body.items.map((v: { version: number; restores: number }) => [
      v.version,
      v.restores,
    ]),
  ).toEqual([
    [3, 1],
    [2, null],
    [1, null],
  ])
  expect(await admin.post('/admin/roles/versions/1/rollback', { comment: '' })).toMatchObject({
    status: 409,
    body: { code: 'already_live' },
  })
  expect(await admin.post('/admin/roles/versions/99/rollback', { comment: '' })).toMatchObject({ status: 404 })
})

test('of two administrators who publish at once one wins, and the other is told who published what', async () => {
  await admin.put('/admin/roles/draft/cells/purchaser/oa', { nativeRoles: ['Approver'], scope: 'own' })
  const before = (await admin.get('/admin/roles')).body.published.version
  const both = await Promise.all(
    [admin, second].map(one => one.post('/admin/roles/draft/publish', { comment: '同时' })),
  )
  expect(both.map(answer => answer.status).toSorted()).toEqual([200, 409])
  const loser = both.find(answer => answer.status === 409)!
  expect(loser.headers.get('content-type')).toContain('application/problem+json')
  expect(loser.body.code).toBe('no_draft')
  expect(loser.body.detail).toMatch(
    new RegExp(`(管理员|孙立) published v${before + 1}, which may already hold your changes; load the page again`),
  )
  expect((await admin.get('/admin/roles')).body.published.version).toBe(before + 1)
  expect(
    (await admin.get('/admin/audit?action=roles.published')).body.items.filter(
      (e: { detail: { comment: string } }) => e.detail.comment === '同时',
    ),
  ).toHaveLength(1)
})

test('a draft that changed after one looked at it is not published, edited or discarded over the other’s head', async () => {
  const seen = await admin.put('/admin/roles/draft/cells/sales-rep/crm', teamLead)
  expect((await admin.get('/admin/roles')).headers.get('etag')).toBe(`"${seen.body.revision}"`)
  await second.put('/admin/roles/draft/cells/accountant/crm', { nativeRoles: [] })
  expect(seen.headers.get('etag')).toBe(`"${seen.body.revision}"`)
  const stale = { 'if-match': `"${seen.body.revision}"` }
  for (const answer of [
    await admin.post('/admin/roles/draft/publish', { comment: '' }, stale),
    await admin.put('/admin/roles/draft/cells/sales-rep/crm', { nativeRoles: ['Admin'] }, stale),
    await admin.delete('/admin/roles/draft', stale),
  ]) {
    expect(answer).toMatchObject({ status: 409, body: { code: 'draft_changed' } })
    expect(answer.body.detail).toContain('孙立')
  }
  const { draft } = (await admin.get('/admin/roles')).body
  expect(draft.editors).toEqual(['e0000', 'e0002'])
  expect(draft.changes.map((change: { role: string }) => change.role)).toEqual(['accountant', 'sales-rep'])
})

test('many edits at once all arrive in one draft', async () => {
  const roles = ['sales-rep', 'sales-manager', 'purchaser', 'employee']
  const answers = await Promise.all(
    roles.map((role, i) =>
      (i % 2 ? admin : second).put(`/admin/roles/draft/cells/${role}/crm`, { nativeRoles: ['ReadOnly'] }),
    ),
  )
  expect(answers.map(answer => answer.status)).toEqual([200, 200, 200, 200])
  const { draft } = (await admin.get('/admin/roles')).body
  expect(draft.changes).toHaveLength(4)
  expect(draft.revision).toBe(4)
})

test('a roll-back during a draft is not undone by publishing the draft', async () => {
  await admin.put('/admin/roles/draft/cells/sales-rep/crm', teamLead)
  const { version } = (await admin.post('/admin/roles/draft/publish', { comment: '' })).body
  await admin.put('/admin/roles/draft/cells/accountant/crm', { nativeRoles: [] })
  await admin.post(`/admin/roles/versions/${version - 1}/rollback`, { comment: '急' })
  const published = await admin.post('/admin/roles/draft/publish', { comment: '' })
  expect(published.body.version).toBe(version + 2)
  const { cells } = (await admin.get('/admin/roles')).body.published
  expect(cells).toContainEqual({ role: 'sales-rep', system: 'crm', nativeRoles: ['Rep'], scope: 'own' })
  expect(
    cells.filter((cell: { role: string; system: string }) => cell.role === 'accountant' && cell.system === 'crm'),
  ).toEqual([])
})

test('a draft that puts two duties into one hand is blocked with the reason, an old conflict is only shown', async () => {
  await admin.post('/admin/people/e0021/assignments', {
    roleId: 'purchaser',
    until: new Date(Date.now() + 86_400_000),
    reason: '兼职',
  })
  await admin.put('/admin/roles/draft/cells/sales-rep/crm', teamLead)
  const old = (await admin.get('/admin/roles/draft/preview')).body
  expect(old.conflicts).toMatchObject([{ rule: { id: 'SoD-07' }, person: { id: 'e0021' }, introduced: false }])
  expect(old.blocked).toBeNull()
  await admin.put('/admin/roles/draft/cells/sales-rep/erp', { nativeRoles: ['Accountant', 'Buyer'] })
  const fresh = (await admin.get('/admin/roles/draft/preview', { 'accept-language': 'zh-CN' })).body
  expect(fresh.conflicts).toHaveLength(2)
  expect(fresh.conflicts[0]).toMatchObject({ person: { id: 'e0012' }, introduced: true })
  expect(fresh.blocked.zh).toContain('张伟会同时有 erp 的 Buyer（来自销售代表）和 erp 的 Accountant（来自销售代表）')
  expect(await admin.post('/admin/roles/draft/publish', { comment: '' })).toMatchObject({
    status: 409,
    body: { code: 'separation_of_duties' },
  })
})

test('bad cells are refused with what would be right, and leave no draft behind', async () => {
  expect(await admin.put('/admin/roles/draft/cells/nobody/crm', teamLead)).toMatchObject({
    status: 404,
    body: { code: 'unknown_role' },
  })
  expect(await admin.put('/admin/roles/draft/cells/sales-rep/sap', teamLead)).toMatchObject({
    status: 404,
    body: { code: 'unknown_system' },
  })
  const unknown = await admin.put('/admin/roles/draft/cells/sales-rep/crm', { nativeRoles: ['Boss'] })
  expect(unknown).toMatchObject({ status: 422, body: { code: 'unknown_native_role' } })
  expect(unknown.body.detail).toBe('The system "crm" has no role Boss; it has: Rep, TeamLead, ReadOnly, Admin')
  const scope = await admin.put(
    '/admin/roles/draft/cells/sales-rep/crm',
    { nativeRoles: ['Rep'], scope: 'everything' },
    { 'accept-language': 'zh-CN' },
  )
  expect(scope).toMatchObject({ status: 400, body: { code: 'bad_request' } })
  expect(scope.body.errors).toMatchObject([{ path: 'body.scope' }])
  expect(scope.body.detail).toMatch(/^请求不符合要求：body\.scope: 无效/)
  expect(await admin.put('/admin/roles/draft/cells/sales-rep/crm', '{"nativeRoles":')).toMatchObject({
    status: 400,
    body: { code: 'malformed_body' },
  })
  expect((await admin.get('/admin/roles')).body.draft).toBeNull()
  expect(await admin.get('/admin/roles/draft/preview')).toMatchObject({ status: 404, body: { code: 'no_draft' } })
})

test('a published version cannot be altered, not even by hand', async () => {
  await expect(sql`update mapping_cell set scope = 'all' where version = 1`.execute(idp.db)).rejects.toThrow(
    'immutable',
  )
  await expect(sql`delete from mapping_version where version = 1`.execute(idp.db)).rejects.toThrow('immutable')
  await expect(
    sql`insert into mapping_cell values (1, 'purchaser', 'crm', '{Admin}', 'all')`.execute(idp.db),
  ).rejects.toThrow('immutable')
})

test('with four eyes on, whoever edited cannot publish and somebody else can', async () => {
  const strict = await startDirectory({ fourEyes: true })
  await strict.importCompany()
  const [one, other] = [strict.as('e0000'), strict.as('e0002')]
  await one.put('/admin/roles/draft/cells/sales-rep/crm', teamLead)
  expect((await one.get('/admin/roles/draft/preview')).body).toMatchObject({
    fourEyes: true,
    blocked: { en: expect.stringContaining('second person') },
  })
  expect(await one.post('/admin/roles/draft/publish', { comment: '' })).toMatchObject({
    status: 403,
    body: { code: 'four_eyes' },
  })
  expect((await other.get('/admin/roles/draft/preview')).body.blocked).toBeNull()
  expect((await other.post('/admin/roles/draft/publish', { comment: '' })).status).toBe(200)
  await strict.stop()
})

test('a rule gives its role to whom it covers, counts them, exists once, and takes the role away when it goes', async () => {
  const rule = { roleId: 'purchaser', departmentId: 'sales', position: 'Sales manager', reason: '试点' }
  const added = await admin.post('/admin/roles/rules', rule)
  expect(added).toMatchObject({ status: 201, body: { role: 'purchaser', people: 1, createdBy: { id: 'e0000' } } })
  expect((await admin.get('/admin/people/e0007')).body.rights.businessRoles).toContain('purchaser')
  expect(await admin.post('/admin/roles/rules', rule)).toMatchObject({ status: 409, body: { code: 'rule_exists' } })
  expect(await admin.post('/admin/roles/rules', { ...rule, departmentId: 'moon' })).toMatchObject({
    status: 404,
    body: { code: 'unknown_department' },
  })
  expect((await admin.get('/admin/roles/rules')).body.items).toContainEqual(added.body)
  const removed = await Promise.all([1, 2].map(() => admin.delete(`/admin/roles/rules/${added.body.id}`)))
  expect(removed.map(answer => answer.status).toSorted()).toEqual([204, 404])
  expect((await admin.get('/admin/people/e0007')).body.rights.businessRoles).not.toContain('purchaser')
})

test('a rule of segregation can be added, changed and removed, and needs two native roles that exist', async () => {
  const rule = (nativeRole: string) => ({
    name: { zh: '分离', en: 'Apart' },
    first: { system: 'crm', nativeRole: 'Admin' },
    second: { system: 'crm', nativeRole },
  })
  expect(await admin.put('/admin/roles/separation-rules/SoD-1', rule('Boss'))).toMatchObject({
    status: 422,
    body: { code: 'unknown_native_role' },
  })
  expect(await admin.put('/admin/roles/separation-rules/SoD-1', rule('Admin'))).toMatchObject({
    status: 422,
    body: { code: 'same_role_twice' },
  })
  expect((await admin.put('/admin/roles/separation-rules/SoD-1', rule('Rep'))).status).toBe(200)
  await admin.put('/admin/roles/draft/cells/administrator/crm', { nativeRoles: ['Admin', 'Rep'] })
  expect(
    (await admin.get('/admin/roles/draft/preview')).body.conflicts.filter(
      (one: { rule: { id: string } }) => one.rule.id === 'SoD-1',
    ),
  ).toHaveLength(2)
  expect((await admin.delete('/admin/roles/separation-rules/SoD-1')).status).toBe(204)
  expect((await admin.delete('/admin/roles/separation-rules/SoD-1')).status).toBe(404)
})
