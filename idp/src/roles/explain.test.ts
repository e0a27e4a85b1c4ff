import { afterAll, beforeAll, expect, test } from 'vitest'
import { startDirectory } from '../admin/testing/idp.ts'

let idp: Awaited<ReturnType<typeof startDirectory>>
let admin: ReturnType<typeof idp.as>
beforeAll(async () => {
  idp = await startDirectory()
  await idp.importCompany()
  admin = idp.as('e0000')
})
afterAll(() => idp.stop())

test('every right is explained by each assignment and rule that gives it, through the cell of the live version', async () => {
  await admin.put('/admin/roles/draft/cells/accountant/oa', { nativeRoles: ['Approver'] })
  await admin.post('/admin/roles/draft/publish', { comment: '' })
  const until = new Date(Date.now() + 86_400_000).toISOString()
  await admin.post('/admin/people/e0012/assignments', { roleId: 'sales-rep', until, reason: '顶替李娜' })
  const { body } = await admin.get('/admin/people/e0012/explain/crm')
  expect(body).toMatchObject({ person: { id: 'e0012' }, nativeId: 'U-1002', roles: ['Rep'], scope: 'own' })
  expect(body.links).toHaveLength(2)
  expect(body.links[0]).toMatchObject({
    because: { kind: 'assignment', reason: '顶替李娜', grantedBy: { id: 'e0000', name: '管理员' }, until },
    businessRole: { id: 'sales-rep' },
    mapping: { version: 2, since: 1, scope: 'own' },
    nativeRole: { id: 'Rep' },
  })
  expect(body.links[1]).toMatchObject({ because: { kind: 'rule', departmentId: 'sales', position: '销售代表' } })
  expect(body.links[1].text).toEqual({
    zh: '规则：销售部的“销售代表”是“销售代表”（按职位）；映射 v2 因此给出“Rep”（Rep），自 v1 起',
    en: 'Rule: every "销售代表" in Sales is "Sales representative" (按职位); mapping v2 therefore gives "Rep" (Rep), since v1',
  })
  const oa = (await admin.get('/admin/people/e0021/explain/oa')).body
  expect(
    oa.links.map((link: { nativeRole: { id: string }; mapping: { since: number } }) => [
      link.nativeRole.id,
      link.mapping.since,
    ]),
  ).toEqual([
    ['Approver', 2],
    ['Staff', 1],
  ])
})

test('no right has no links, and unknown people and systems are said to be unknown', async () => {
  expect((await admin.get('/admin/people/e0031/explain/crm')).body).toMatchObject({
    nativeId: null,
    roles: [],
    links: [],
  })
  expect(await admin.get('/admin/people/nobody/explain/crm')).toMatchObject({
    status: 404,
    body: { code: 'unknown_person' },
  })
  expect(await admin.get('/admin/people/e0031/explain/sap')).toMatchObject({
    status: 404,
    body: { code: 'unknown_system' },
  })
})
