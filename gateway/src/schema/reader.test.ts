import { describe, expect, test } from 'vitest'
import type { Access } from '../access/permissions.ts'
import type { Person, SystemRights } from '../access/person.ts'
import type { RequestContext } from './context.ts'
import { readerOf } from './reader.ts'

const rights: SystemRights = { id: 'n1', roles: ['Rep', 'Clerk'], scope: 'own' }

function reader(
  of: { id?: string; table?: number[]; rights?: Partial<SystemRights>; other?: Partial<SystemRights> } = {},
  anonymous = false,
): string {
  const id = of.id ?? 'e1'
  const person: Person = {
    id,
    username: id,
    name: { zh: '', en: '' },
    email: null,
    position: { zh: '', en: '' },
    departmentId: null,
    departmentName: { zh: '', en: '' },
    departmentPath: [],
    managerId: null,
    businessRoles: [],
    systems: { crm: { ...rights, ...of.rights }, erp: { ...rights, ...of.other } },
    active: true,
  }
  const context: Pick<RequestContext, 'access' | 'credential' | 'viewer'> = {
    access: { table: new Uint8Array(of.table ?? [1, 1, 0, 2]) } as unknown as Access, // nothing else of it is looked at
    credential: { kind: 'person', personId: id, accessToken: 't' },
    viewer: { kind: 'person', person, accessToken: 't', tokenExpiresAt: 0 },
  }
  return readerOf(context, { id: 'crm', anonymous })
}

describe('who is given the same answer', () => {
  test('of a system that knows who asks: the same person with the same rights, and nobody else', () => {
    expect(reader()).toBe(reader({ rights: { roles: ['Clerk', 'Rep'] } }))
    expect(reader()).not.toBe(reader({ id: 'e2' }))
  })

  test('of a system that knows the gateway only: whoever has the same rights', () => {
    expect(reader({}, true)).toBe(reader({ id: 'e2', rights: { id: 'n2' } }, true))
  })

  test.each([true, false])('a right that is taken away is gone at once (anonymous: %s)', anonymous => {
    const before = reader({}, anonymous)
    expect(reader({ table: [1, 0, 0, 2] }, anonymous)).not.toBe(before)
    expect(reader({ table: [1, 1, 0, 0] }, anonymous)).not.toBe(before)
    expect(reader({ rights: { roles: ['Clerk'] } }, anonymous)).not.toBe(before)
    expect(reader({ rights: { scope: 'none' } }, anonymous)).not.toBe(before)
    expect(reader({ rights: { id: null, roles: [], scope: 'none' } }, anonymous)).not.toBe(before)
  })

  test('rights in other systems have no part in it', () => {
    expect(reader({ other: { roles: ['Admin'], scope: 'all' } })).toBe(reader())
  })
})
