import { setClock } from '@atrium/platform/clock'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startDirectory } from '../admin/testing/idp.ts'
import { effectiveRights } from './effective.ts'

let idp: Awaited<ReturnType<typeof startDirectory>>
beforeAll(async () => {
  idp = await startDirectory()
  await idp.importCompany()
})
afterAll(() => idp.stop())
afterEach(() => setClock())

test('rights are the union of assignments and rules, with the widest scope', async () => {
  expect(await effectiveRights(idp.db, 'e0007')).toEqual({
    businessRoles: ['employee', 'sales-manager'],
    systems: {
      crm: { id: 'U-1001', roles: ['TeamLead'], scope: 'department_and_below' },
      oa: { id: 'lina', roles: ['Approver', 'Staff'], scope: 'department_and_below' },
      erp: { id: '00017', roles: [], scope: 'none' },
    },
  })
  expect((await effectiveRights(idp.db, 'e0012')).businessRoles).toEqual(['employee', 'sales-rep'])
})

test('nobody and an inactive person have no rights', async () => {
  expect(await effectiveRights(idp.db, 'nobody')).toEqual({ businessRoles: [], systems: {} })
  await idp.db.updateTable('person').set({ active: false }).where('id', '=', 'e0031').execute()
  expect(await effectiveRights(idp.db, 'e0031')).toEqual({
    businessRoles: [],
    systems: { oa: { id: 'chenjie', roles: [], scope: 'none' }, erp: { id: '00031', roles: [], scope: 'none' } },
  })
})

test('a right without an account in the system is there with a null id', async () => {
  const admin = idp.as('e0000')
  await admin.post('/admin/people/e0031/activate')
  expect((await admin.post('/admin/people/e0031/assignments', { roleId: 'sales-rep', reason: '帮忙' })).status).toBe(
    201,
  )
  expect((await effectiveRights(idp.db, 'e0031')).systems.crm).toEqual({ id: null, roles: ['Rep'], scope: 'own' })
})

test('a temporary grant counts from its first moment and not at its last', async () => {
  const from = new Date(Date.now() + 3_600_000)
  const until = new Date(Date.now() + 7_200_000)
  const granted = await idp
    .as('e0000')
    .post('/admin/people/e0002/assignments', { roleId: 'accountant', from, until, reason: '代班' })
  expect(granted).toMatchObject({ status: 201, body: { state: 'future' } })
  const has = async (at: Date): Promise<boolean> => {
    setClock(() => at)
    return (await effectiveRights(idp.db, 'e0002')).businessRoles.includes('accountant')
  }
  expect(await has(new Date(from.getTime() - 1))).toBe(false)
  expect(await has(from)).toBe(true)
  expect(await has(new Date(until.getTime() - 1))).toBe(true)
  expect(await has(until)).toBe(false)
})
