import { type Kysely, migrate, openDatabase, platformMigrate, sql } from '@atrium/platform/database'
import { log } from '@atrium/platform/log'
import { testDatabase } from '@atrium/platform/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { entry, startTestDirectory, type TestDirectory } from './directory.fixture.ts'
import { findPersonByNative } from './people.ts'
import { type PeoplePage, searchPeople } from './people-search.ts'
import { Unauthenticated } from './person.ts'
import { peopleInScope } from './scope-people.ts'
import { type People, startPeople } from './start-people.ts'
import type { PeopleTables } from './tables.ts'

let directory: TestDirectory
let db: Kysely<PeopleTables>
let first: People
let second: People
const opened: People[] = []
const databases: Kysely<PeopleTables>[] = []
const forgotten: (string | undefined)[] = []

const crm = (id: string, scope: string, roles = ['Rep']): object => ({ crm: { id, roles, scope } })

beforeAll(async () => {
  directory = await startTestDirectory()
  directory.put(
    entry('e0007', {
      path: ['hx', 'sales'],
      systems: crm('U-1001', 'department_and_below', ['TeamLead']),
      zh: '李娜',
      en: 'Li Na',
    }),
  )
  directory.put(
    entry('e0012', { path: ['hx', 'sales', 'sales-1'], systems: crm('U-1002', 'own'), zh: '张伟', en: 'Zhang Wei' }),
  )
  directory.put(
    entry('e0013', { path: ['hx', 'sales', 'sales-1'], systems: crm('U-1013', 'department'), active: false }),
  )
  directory.put(entry('e0014', { path: ['hx', 'sales', 'sales-2'], systems: crm('U-1014', 'all') }))
  directory.put(
    entry('e0031', {
      path: ['hx', 'supply'],
      systems: { crm: { id: null, roles: [], scope: 'none' } },
      zh: '100%_陈杰',
    }),
  )
  for (let i = 0; i < 120; i++) directory.put(entry(`x${String(i).padStart(3, '0')}`, { path: ['hx', 'production'] }))
  const url = await testDatabase()
  db = openDatabase(url)
  databases.push(db)
  await platformMigrate(db)
  await migrate(db, new URL('../database/migrations/', import.meta.url))
  ;[first, second] = [replica(url), replica(url)]
  await vi.waitFor(() => first.ready(), 15_000)
})

afterAll(async () => {
  await Promise.all(opened.map(one => one.stop()))
  await Promise.all(databases.map(one => one.destroy()))
  await directory.stop()
})

function replica(url: string): People {
  const own = openDatabase<PeopleTables>(url)
  databases.push(own)
  const people = startPeople({
    db: own,
    config: { DATABASE_URL: url, ISSUER: directory.issuer },
    tokens: { forService: async () => 'scim-token', forget: (id?: string) => void forgotten.push(id) },
    log: log('test'),
    pollMs: 1000,
  })
  opened.push(people)
  return people
}

test('the first synchronisation reads every page of the directory', async () => {
  const { rows } = await sql<{ n: number }>`select count(*) as n from people`.execute(db)
  expect(rows[0]?.n).toBe(125)
  expect(await first.find('e0007')).toMatchObject({
    username: 'user.e0007',
    name: { zh: '李娜', en: 'Li Na' },
    departmentPath: ['hx', 'sales'],
    managerId: 'e9999',
    systems: { crm: { id: 'U-1001', roles: ['TeamLead'], scope: 'department_and_below' } },
    active: true,
  })
})

test('a token identifies the person, whose rights come from the table', async () => {
  const token = await directory.token({ sub: 'e0012', client_id: 'portal', realm_access: { roles: ['administrator'] } })
  const viewer = await first.authenticate(`Bearer ${token}`)
  expect(viewer).toMatchObject({
    kind: 'person',
    accessToken: token,
    person: { id: 'e0012', businessRoles: ['employee'] },
  })
})

test('a client that stands for itself is a client, with its scopes', async () => {
  const token = await directory.token({ sub: 'erp', client_id: 'erp', scope: 'events:write other' })
  expect(await first.authenticate(`Bearer ${token}`)).toMatchObject({
    kind: 'client',
    clientId: 'erp',
    scopes: ['events:write', 'other'],
  })
})

test.each([
  ['no header', async () => undefined, 'Bearer access token is needed'],
  ['another scheme', async () => 'Basic abc', 'Bearer access token is needed'],
  ['not a JWT', async () => 'Bearer abc', 'did not sign it'],
  [
    'a foreign key',
    async () => `Bearer ${await directory.token({ sub: 'e0012' }, { foreignKey: true })}`,
    'did not sign it',
  ],
  [
    'an unknown key id',
    async () => `Bearer ${await directory.token({ sub: 'e0012' }, { kid: 'k9' })}`,
    'did not sign it',
  ],
  [
    'a foreign issuer',
    async () => `Bearer ${await directory.token({ sub: 'e0012' }, { issuer: 'http://evil.example' })}`,
    'iss is wrong',
  ],
  [
    'a token for a system',
    async () => `Bearer ${await directory.token({ sub: 'e0012' }, { audience: 'urn:atrium:system:crm' })}`,
    'not issued for Atrium',
  ],
  [
    'an expired token',
    async () => `Bearer ${await directory.token({ sub: 'e0012' }, { expiresIn: '-1m' })}`,
    'has expired',
  ],
  [
    'a token without signature',
    async () =>
      `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"e0012"}').toString('base64url')}.`,
    'did not sign it',
  ],
  [
    'a token that is bound to a key',
    async () => `Bearer ${await directory.token({ sub: 'e0012', client_id: 'portal', cnf: { jkt: 'x' } })}`,
    'bound to a key',
  ],
  [
    'somebody unknown',
    async () => `Bearer ${await directory.token({ sub: 'e4711', client_id: 'portal' })}`,
    'no such account',
  ],
  [
    'somebody deactivated',
    async () => `Bearer ${await directory.token({ sub: 'e0013', client_id: 'portal' })}`,
    'deactivated',
  ],
])('a request with %s is refused with the reason', async (_, header, reason) => {
  const error = await first.authenticate(await header()).catch(caught => caught)
  expect(error).toBeInstanceOf(Unauthenticated)
  expect(error.message).toContain(reason)
})

test('a row scope names the user ids of the system it reaches, those of people who left included', async () => {
  const scopeOf = async (id: string) => await peopleInScope(db, (await first.find(id))!, 'crm')
  expect(await scopeOf('e0007')).toEqual(['U-1001', 'U-1002', 'U-1013', 'U-1014'])
  expect(await scopeOf('e0012')).toEqual(['U-1002'])
  expect(await scopeOf('e0014')).toBe('all')
  expect(await scopeOf('e0031')).toEqual([])
  expect(
    await peopleInScope(
      db,
      { ...(await first.find('e0012'))!, systems: { crm: { id: 'U-1002', roles: [], scope: 'department' } } },
      'crm',
    ),
  ).toEqual(['U-1002', 'U-1013'])
  expect(await peopleInScope(db, (await first.find('e0013'))!, 'crm')).toEqual([])
  expect(await peopleInScope(db, (await first.find('e0007'))!, 'unmapped')).toEqual([])
})

test('an id of a system leads to the person', async () => {
  expect((await findPersonByNative(db, 'crm', 'U-1002'))?.id).toBe('e0012')
  expect(await findPersonByNative(db, 'crm', 'U-9')).toBeUndefined()
})

test('the employee list searches both languages, takes % and _ as typed, and pages without gap or repeat', async () => {
  expect((await searchPeople(db, { search: 'zhang' })).nodes.map(p => p.id)).toEqual(['e0012'])
  expect((await searchPeople(db, { search: '李娜' })).nodes.map(p => p.id)).toEqual(['e0007'])
  expect((await searchPeople(db, { search: '%_' })).nodes.map(p => p.id)).toEqual(['e0031'])
  const seen: string[] = []
  let after: string | null = null
  do {
    const page: PeoplePage = await searchPeople(db, { first: 50, after })
    expect(page.totalCount).toBe(124)
    seen.push(...page.nodes.map(p => p.id))
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
  } while (after)
  expect(new Set(seen).size).toBe(124)
  expect(seen.length).toBe(124)
  await expect(searchPeople(db, { after: 'nonsense' })).rejects.toThrow('not a cursor of this list')
  await expect(searchPeople(db, { first: 5000 })).rejects.toThrow('from 1 to 100')
})

test('a hint makes a withdrawn right known on every replica within a second', async () => {
  expect((await second.find('e0012'))?.systems.crm?.scope).toBe('own')
  const told: string[] = []
  const end = second.onChanged(people => told.push(...people.map(p => p.id)))
  directory.put(entry('e0012', { path: ['hx', 'sales', 'sales-1'], systems: crm('U-1002', 'all', ['Manager']) }))
  const before = performance.now()
  await first.directoryChanged(['e0012'])
  await vi.waitFor(async () => expect((await second.find('e0012'))?.systems.crm?.roles).toEqual(['Manager']), {
    timeout: 1000,
    interval: 20,
  })
  expect(performance.now() - before).toBeLessThan(1000)
  expect(told).toEqual(['e0012'])
  end()
})

test('whoever follows a person learns of the deactivation, and the next request is refused', async () => {
  let ended = false
  second.follow('x001', { ended: () => (ended = true) })
  const token = await directory.token({ sub: 'x001', client_id: 'portal' })
  await second.authenticate(`Bearer ${token}`)
  directory.put(entry('x001', { active: false }))
  await first.directoryChanged(['x001'])
  await vi.waitFor(() => expect(ended).toBe(true), 1000)
  await expect(second.authenticate(`Bearer ${token}`)).rejects.toThrow('deactivated')
})

test('a change without any hint is found by its time of change', async () => {
  directory.requests.length = 0
  directory.put(entry('x002', { zh: '改名' }))
  await vi.waitFor(async () => expect((await first.find('x002'))?.name.zh).toBe('改名'), 6000)
  expect(directory.requests.some(request => request.includes('meta.lastModified'))).toBe(true)
})

test('a hint that names nobody reads everybody, and whoever is gone from the directory is locked out', async () => {
  directory.remove('x003')
  await second.directoryChanged(null)
  await vi.waitFor(async () => expect((await first.find('x003'))?.active).toBe(false), 6000)
  const { rows } = await sql<{ n: number }>`select count(*) as n from people where not active`.execute(db)
  expect(rows[0]?.n).toBe(3)
})

test.each(['html', 'short', 'status'] as const)(
  'a directory that fails (%s) locks nobody out and is read again afterwards',
  async mode => {
    const count = async () =>
      (await sql<{ n: number }>`select count(*) as n from people where active`.execute(db)).rows[0]?.n
    const before = await count()
    directory.fail(mode)
    await first.directoryChanged(null)
    await vi.waitFor(
      async () =>
        expect((await sql`select 1 from people_sync where error is not null`.execute(db)).rows).toHaveLength(1),
      6000,
    )
    expect(await count()).toBe(before)
    directory.fail(null)
    await vi.waitFor(
      async () =>
        expect(
          (await sql`select 1 from people_sync where error is null and wanted = served`.execute(db)).rows,
        ).toHaveLength(1),
      8000,
    )
  },
)

test('an entry that breaks the schema keeps its last state, unless it says inactive', async () => {
  directory.put({ id: 'x004', userName: '', active: true })
  directory.put({ id: 'x005', userName: '', active: false })
  directory.put(entry('x006', { systems: crm('U-6', 'galaxy') }))
  await first.directoryChanged(['x004', 'x005', 'x006'])
  expect((await first.find('x004'))?.active).toBe(true)
  expect((await first.find('x005'))?.active).toBe(false)
  expect((await first.find('x006'))?.systems.crm?.scope).toBe('none')
})

test('what a key signed that the issuer took back is refused on every replica at once, and what was kept by it is forgotten', async () => {
  const claims = { sub: 'e0012', client_id: 'portal' }
  const old = `Bearer ${await directory.token(claims)}`
  for (const replica of [first, second]) await replica.authenticate(old)
  let told = 0
  const end = second.onKeyGone(() => told++)
  forgotten.length = 0
  await directory.takeKeyBack()
  await first.keysChanged()
  await vi.waitFor(async () => {
    for (const replica of [first, second]) await expect(replica.authenticate(old)).rejects.toThrow('did not sign it')
  }, 2000)
  expect(told).toBe(1)
  expect(forgotten).toEqual([undefined, undefined])
  const fresh = `Bearer ${await directory.token(claims)}`
  for (const replica of [first, second]) expect(await replica.authenticate(fresh)).toMatchObject({ kind: 'person' })
  end()
})
