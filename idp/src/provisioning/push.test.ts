import { expect, test } from 'vitest'
import { mergeRoles } from './push.ts'

const account = (roles: string[], active = true) => ({
  userName: 'U-1',
  externalId: 'e1',
  displayName: '张',
  names: { zh: '张', en: 'Zhang' },
  email: 'z@example.test',
  active,
  roles,
  scope: 'own' as const,
  department: 'sales',
  departmentPath: ['sales'],
  managerNativeId: null,
})
const held = (roles: string[]) => ({ id: '1', userName: 'U-1', active: true, roles, etag: null })

test.each([
  ['a new account gets what is wanted', { wanted: ['Rep'], confirmed: null, there: null, written: ['Rep'] }],
  [
    'an account that was there before keeps its own',
    { wanted: ['Rep'], confirmed: null, there: ['Admin'], written: ['Admin', 'Rep'] },
  ],
  [
    'a role given by hand stays',
    { wanted: ['Lead'], confirmed: ['Rep'], there: ['Rep', 'Admin'], written: ['Admin', 'Lead'] },
  ],
  [
    'a role taken by hand is not given back by a push for another reason',
    { wanted: ['Rep', 'Lead'], confirmed: ['Rep', 'Lead'], there: ['Lead'], written: ['Lead'] },
  ],
  [
    'a withdrawn role goes although somebody gave it by hand, too',
    { wanted: [], confirmed: ['Rep'], there: ['Rep'], written: [] },
  ],
])('%s', (_, { wanted, confirmed, there, written }) => {
  expect(
    mergeRoles(
      { desired: account(wanted), confirmed: confirmed && account(confirmed), overwrite: false },
      there && held(there),
    ),
  ).toEqual(written)
})

test('an overwrite and a leaver are exact', () => {
  expect(
    mergeRoles({ desired: account(['Rep']), confirmed: account(['Rep']), overwrite: true }, held(['Admin'])),
  ).toEqual(['Rep'])
  expect(
    mergeRoles({ desired: account([], false), confirmed: account(['Rep']), overwrite: false }, held(['Rep', 'Admin'])),
  ).toEqual([])
})
