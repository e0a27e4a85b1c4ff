import { sql } from '@atrium/platform/database'
import { open } from '@atrium/platform/secrets'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { smallCompany } from '../admin/testing/company.ts'
import { startDirectory } from '../admin/testing/idp.ts'
import { verifyPassword } from '../sign-in/password.ts'
import { findAccountById, findAccountByUsername } from './accounts.ts'

let idp: Awaited<ReturnType<typeof startDirectory>>
let client: ReturnType<typeof idp.as>
beforeAll(async () => {
  idp = await startDirectory()
  client = idp.as('client:bootstrap admin')
})
afterAll(() => idp.stop())

const counts = async () =>
  (
    await sql<
      Record<string, number>
    >`select (select count(*) from person) as people, (select count(*) from department) as departments,
      (select count(*) from role_assignment) as assignments, (select count(*) from role_rule) as rules, (select count(*) from native_identity) as identities,
      (select count(*) from mapping_version) as versions, (select count(*) from outbox) as deliveries`.execute(idp.db)
  ).rows[0]

test('a company comes in by one request, and the same request again changes nothing', async () => {
  const company = smallCompany()
  company.people[2]!.password = 'Welcome-2026'
  const first = await client.post('/admin/import', company)
  expect(first).toMatchObject({
    status: 200,
    body: {
      departments: 4,
      people: 6,
      businessRoles: 6,
      assignments: 5,
      rules: 2,
      applications: 3,
      changedPeople: 6,
      publishedVersion: 1,
    },
  })
  const before = await counts()
  expect(before).toMatchObject({ people: 6, departments: 4, assignments: 5, rules: 2, versions: 1 })
  expect((await client.post('/admin/import', company)).body).toMatchObject({ changedPeople: 0, publishedVersion: null })
  expect(await counts()).toEqual(before)
})

test('departments may come in any order, and paths follow when one moves', async () => {
  const path = async (id: string) =>
    (await idp.db.selectFrom('department').select('path').where('id', '=', id).executeTakeFirstOrThrow()).path
  expect(await path('sales-1')).toEqual(['hx', 'sales', 'sales-1'])
  await client.post('/admin/import', {
    departments: [{ id: 'sales', parentId: 'finance', name: { zh: '销售部', en: 'Sales' } }],
  })
  expect(await path('sales-1')).toEqual(['hx', 'finance', 'sales', 'sales-1'])
  await client.post('/admin/import', { departments: smallCompany().departments })
  expect(await path('sales-1')).toEqual(['hx', 'sales', 'sales-1'])
})

test('an initial password is hashed and never replaces one that a person has', async () => {
  const account = await findAccountByUsername(idp.db, 'LI.NA')
  expect(account).toMatchObject({ id: 'e0007', username: 'li.na', name: { zh: '李娜', en: 'Li Na' }, active: true })
  expect(await verifyPassword(account!.passwordHash!, 'Welcome-2026')).toBe(true)
  await idp.db.updateTable('person').set({ password_hash: 'her own' }).where('id', '=', 'e0007').execute()
  const company = smallCompany()
  company.people[2]!.password = 'Welcome-2026'
  await client.post('/admin/import', company)
  expect((await findAccountById(idp.db, 'e0007'))?.passwordHash).toBe('her own')
  expect(await findAccountById(idp.db, 'nobody')).toBeUndefined()
})

test('secrets of applications are sealed at rest and shown nowhere', async () => {
  const { rows } = await sql<{ secret_sealed: string }>`select secret_sealed from application where id = 'crm'`.execute(
    idp.db,
  )
  expect(rows[0]!.secret_sealed).not.toContain('secret-of')
  expect(open(rows[0]!.secret_sealed, idp.deps.config.ENCRYPTION_KEY)).toBe('secret-of-the-crm-system')
  const { body } = await client.get('/admin/applications')
  expect(body.items).toHaveLength(3)
  expect(JSON.stringify(body)).not.toMatch(/secret/i)
})

type Company = ReturnType<typeof smallCompany>
const bad: [string, (company: Company) => void, number, string, RegExp][] = [
  [
    'an unknown department',
    company => {
      company.people[0]!.departmentId = 'moon'
    },
    422,
    'import_faults',
    /people\.0\.departmentId: there is no department "moon"/,
  ],
  [
    'an unknown manager',
    company => {
      company.people[0]!.managerId = 'e9999'
    },
    422,
    'import_faults',
    /there is no person "e9999"/,
  ],
  [
    'one’s own manager',
    company => {
      company.people[0]!.managerId = 'e0000'
    },
    422,
    'import_faults',
    /their own manager/,
  ],
  [
    'two people with one user name',
    company => {
      company.people[1]!.username = 'ADMIN'
    },
    422,
    'import_faults',
    /"admin" occurs twice/,
  ],
  [
    'one account for two people',
    company => {
      company.people[1]!.native = { crm: 'U-0001' }
    },
    422,
    'import_faults',
    /"crm U-0001" occurs twice/,
  ],
  [
    'an unknown system',
    company => {
      company.people[1]!.native = { sap: '1' }
    },
    422,
    'import_faults',
    /there is no system "sap"/,
  ],
  [
    'an unknown native role',
    company => {
      company.mapping![0]!.nativeRoles = ['Boss']
    },
    422,
    'import_faults',
    /there is no native role "oa:Boss"/,
  ],
  [
    'departments in a circle',
    company => {
      company.departments![1]!.parentId = 'sales-1'
    },
    422,
    'department_circle',
    /hx.*lie below one another/,
  ],
  [
    'a user name that belongs to somebody else',
    company => {
      company.people[0]!.id = 'e7777'
      company.people[0]!.native = {}
    },
    409,
    'username_taken',
    /belongs to e0000/,
  ],
  [
    'an account that belongs to somebody else',
    company => {
      company.people = [{ ...company.people[1]!, id: 'e8888', username: 'new', native: { crm: 'U-1001' } }]
    },
    409,
    'native_id_taken',
    /belongs to e0007/,
  ],
  [
    'a password that is too short',
    company => {
      company.people[0]!.password = 'short'
    },
    400,
    'bad_request',
    /people\.0\.password/,
  ],
  [
    'a member that nobody knows',
    company => {
      Object.assign(company, { peoples: [] })
    },
    400,
    'bad_request',
    /peoples/,
  ],
]
test.each(bad)('%s is refused with its place, and nothing is half done', async (_, spoil, status, code, detail) => {
  const before = await counts()
  const company = smallCompany()
  company.departments!.push({ id: 'new', parentId: 'hx', name: { zh: '新', en: 'New' } })
  spoil(company)
  const answer = await client.post('/admin/import', company)
  expect(answer).toMatchObject({ status, body: { code } })
  expect(answer.body.detail).toMatch(detail)
  expect(await counts()).toEqual(before)
})

test('whom an import calls inactive loses sessions and rights, as by hand', async () => {
  const leaver = smallCompany().people.find(person => person.id === 'e0012')!
  await idp.db
    .insertInto('oidc_model')
    .values({
      model: 'Session',
      id_hash: 'h12',
      payload: JSON.stringify({ accountId: 'e0012', uid: 'u12' }),
      uid: 'u12',
      account_id: 'e0012',
      grant_id: null,
      consumed_at: null,
      expires_at: new Date(Date.now() + 60_000),
    })
    .execute()
  await client.post('/admin/import', { people: [{ ...leaver, active: false }] })
  expect((await client.get('/admin/people/e0012')).body).toMatchObject({
    active: false,
    sessions: 0,
    rights: { businessRoles: [] },
  })
  expect((await client.get('/admin/audit?action=person.deactivated&target=e0012')).body.items).toMatchObject([
    { detail: { sessionsEnded: 1 } },
  ])
})

test('two imports at once both arrive', async () => {
  const people = smallCompany().people
  const one = { ...people[0]!, id: 'n1', username: 'n1', native: { crm: 'N-1' } }
  const other = { ...people[0]!, id: 'n2', username: 'n2', native: { crm: 'N-2' } }
  const answers = await Promise.all([
    client.post('/admin/import', { people: [one] }),
    client.post('/admin/import', { people: [other] }),
  ])
  expect(answers.map(answer => answer.status)).toEqual([200, 200])
  const clash = await Promise.all(
    ['x1', 'x2'].map(id => client.post('/admin/import', { people: [{ ...one, id, username: 'same', native: {} }] })),
  )
  expect(clash.map(answer => answer.status).toSorted()).toEqual([200, 409])
})

test('addresses and keys of imported applications are held to the same rules as those typed by hand', async () => {
  const crm = smallCompany().applications![0]!
  const refused = await client.post('/admin/import', {
    applications: [
      { ...crm, redirectUris: ['https://crm.example.com/cb#part', 'http://crm.example.com/cb', 'javascript:alert(1)'] },
      { ...crm, id: 'other', backchannelLogoutUri: 'https://user:word@crm.example.com/' },
    ],
  })
  expect(refused).toMatchObject({ status: 422, body: { code: 'import_faults' } })
  expect(refused.body.errors.map((one: { path: string }) => one.path)).toEqual([
    'applications.0.redirectUris.0',
    'applications.0.redirectUris.1',
    'applications.0.redirectUris.2',
    'applications.1.backchannelLogoutUri',
  ])
})
