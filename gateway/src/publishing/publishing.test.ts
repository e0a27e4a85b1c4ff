import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { readAudit } from '@atrium/platform/audit'
import { sql } from '@atrium/platform/database'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { EditionShelf } from '../schema/editions.ts'
import { type Answer, startTestCompany, type TestCompany, type TestGateway, yamlOf } from './publishing.fixture.ts'

const publish = /* GraphQL */ `
  mutation ($id: ID!, $yaml: String!, $expected: Int!, $comment: String = "why") {
    publishSystem(id: $id, yaml: $yaml, comment: $comment, expectedRevision: $expected) {
      outcome revision faults { level message path line column } difference { breaking changes { kind place breaking } }
    }
  }
`
const titles = '{ items(first: 5) { nodes { id name } totalCount } }'

let company: TestCompany
let one: TestGateway
let two: TestGateway
beforeAll(async () => {
  company = await startTestCompany()
  one = await company.gateway()
  two = await company.gateway()
}, 60_000)
afterAll(() => company?.stop())

const latest = async (): Promise<number> => (await one.ask('admin', '{ publishing { latest } }')).data.publishing.latest
const put = async (id: string, yaml: string, more: object = {}): Promise<Answer['data']> => {
  const answer = await one.ask('admin', publish, { id, yaml, expected: await latest(), ...more })
  if (answer.errors) throw new Error(answer.errors[0]?.message)
  return answer.data.publishSystem
}
const authorNames = { zhCN: '甲admin', en: 'Name admin' }
const names = async (gateway: TestGateway): Promise<string[]> =>
  (await gateway.ask('boss', titles)).data.items.nodes.map((node: { name: string }) => node.name)

describe('publishing a system', () => {
  test('is for administrators and for clients with the scope admin', async () => {
    const operations = [
      '{ publishing { revision } }',
      '{ systemSource(id: "shop") { yaml } }',
      '{ systemRevisions { revision } }',
      '{ systemSecrets(system: "shop") { name } }',
      'mutation { checkSystem(id: "shop", yaml: "x") { publishable } }',
      'mutation { trySystem(id: "shop", yaml: "x", type: "Item") { ms } }',
      'mutation { publishSystem(id: "shop", yaml: "x", comment: "c", expectedRevision: 0) { outcome } }',
      'mutation { removeSystem(id: "shop", comment: "c", expectedRevision: 0) { outcome } }',
      'mutation { rollBackSystems(revision: 0, comment: "c", expectedRevision: 0) { outcome } }',
      'mutation { setSystemSecret(system: "shop", name: "A", value: "b") { name } }',
      'mutation { removeSystemSecret(system: "shop", name: "A") }',
    ]
    for (const operation of operations)
      for (const who of ['boss', 'clerk', 'client-other'])
        expect((await one.ask(who, operation)).errors?.[0]?.extensions.code, `${who}: ${operation}`).toBe('FORBIDDEN')
    expect((await one.ask('client-admin', '{ publishing { revision latest } }')).data).toEqual({
      publishing: { revision: 0, latest: 0 },
    })
    expect((await one.ask('client-admin', '{ systemSource(id: "shop") { yaml } }')).data.systemSource.yaml).toBe(
      company.shopYaml(),
    )
  })

  test('puts it in place on every gateway, tells what changed, and rolls back', async () => {
    expect(await names(one)).toEqual(['shop 1', 'shop 2'])
    const yaml = company.shopYaml(
      ['    operation: list', '    operation: list\n    fields: { name: title }'],
      ['operation: list', 'operation: list\n    max: 50'],
    )
    const published = await put('shop', yaml)
    expect(published).toMatchObject({ outcome: 'PUBLISHED', faults: [], difference: { breaking: false } })
    const places = published.difference.changes.map((change: { place: string }) => change.place)
    expect(places.sort()).toEqual(['shop.Item.max', 'shop.Item.name'])
    expect(await names(one)).toEqual(['title 1', 'title 2'])
    await vi.waitFor(async () => expect(await names(two)).toEqual(['title 1', 'title 2']), 10_000)

    const source = (await two.ask('admin', '{ systemSource(id: "shop") { yaml origin revision variables } }')).data
    expect(source.systemSource).toEqual({ yaml, origin: 'REVISION', revision: 1, variables: ['TEST_SHOP_URL'] })
    expect(await put('shop', yaml)).toMatchObject({ outcome: 'UNCHANGED', revision: 1 })

    const back = await one.ask(
      'admin',
      'mutation { rollBackSystems(revision: 0, comment: "back", expectedRevision: 1) { outcome revision } }',
    )
    expect(back.data.rollBackSystems).toEqual({ outcome: 'PUBLISHED', revision: 2 })
    expect(await names(one)).toEqual(['shop 1', 'shop 2'])
    await vi.waitFor(async () => expect(await names(two)).toEqual(['shop 1', 'shop 2']), 10_000)
    const told = await one.ask(
      'admin',
      '{ systemRevisions(system: "shop") { revision author authorNames { zhCN en } comment rolledBackTo running changes { system kind before after } } }',
    )
    expect(told.data.systemRevisions).toEqual([
      {
        revision: 2,
        author: '甲admin',
        authorNames,
        comment: 'back',
        rolledBackTo: 0,
        running: true,
        changes: [{ system: 'shop', kind: 'CHANGED', before: yaml, after: company.shopYaml() }],
      },
      {
        revision: 1,
        author: '甲admin',
        authorNames,
        comment: 'why',
        rolledBackTo: null,
        running: false,
        changes: [{ system: 'shop', kind: 'CHANGED', before: company.shopYaml(), after: yaml }],
      },
    ])
    const entries = await readAudit(company.db, { limit: 10 })
    expect(entries.map(row => [row.action, row.outcome])).toEqual(
      expect.arrayContaining([
        ['system.published', 'success'],
        ['system.rolledBack', 'success'],
      ]),
    )
  })

  test('of two who saw the same revision, one is told of the other', async () => {
    const expected = await latest()
    const yaml = (max: number) => company.shopYaml(['operation: list', `operation: list\n    max: ${max}`])
    const answers = await Promise.all([
      one.ask('admin', publish, { id: 'shop', yaml: yaml(11), expected }),
      two.ask('admin', publish, { id: 'shop', yaml: yaml(12), expected }),
    ])
    const outcomes = answers.map(answer => answer.data.publishSystem)
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['CONFLICT', 'PUBLISHED'])
    expect(outcomes.map(({ revision }) => revision)).toEqual([expected + 1, expected + 1])
    expect(await put('shop', yaml(13), { expected })).toMatchObject({ outcome: 'CONFLICT', revision: expected + 1 })
  })

  test('adds a system and takes it away again; what is not of it stays connected', async () => {
    const yaml = yamlOf('other', 'Other', company.store.url).replace(
      'dictionary: other.graphql',
      'dictionary: |\n  type Other @entity(key: "id", system: "other") @read(roles: ["*"]) { id: ID! @from(system: "other", path: "id") }\n  extend type Query { others(ids: [String!], first: Int): OtherConnection @list }',
    )
    const open = yaml.replace('scope: { filter: owner, path: ownerId }', 'scope: none')
    const asked = company.store.requests.length
    expect(await put('other', open)).toMatchObject({ outcome: 'PUBLISHED' })
    const answer = await one.ask('clerk', '{ others { nodes { id } } }')
    expect(answer.data.others.nodes).toEqual([{ id: 'store-1' }, { id: 'store-2' }])
    expect(company.store.requests.length).toBeGreaterThan(asked)
    const there = (await one.ask('admin', '{ systems { id } }')).data.systems.map((system: { id: string }) => system.id)
    expect(there).toEqual(['shop', 'store', 'other'])

    const remove =
      'mutation ($expected: Int!) { removeSystem(id: "other", comment: "gone", expectedRevision: $expected) { outcome difference { breaking } } }'
    const removed = await one.ask('admin', remove, { expected: await latest() })
    expect(removed.data.removeSystem).toEqual({ outcome: 'PUBLISHED', difference: { breaking: true } })
    expect((await one.ask('clerk', '{ others { nodes { id } } }')).errors?.[0]?.message).toContain('others')
    expect((await one.ask('admin', '{ systemSource(id: "other") { yaml } }')).data.systemSource).toBeNull()
  })

  test('a change that would break a stored operation is refused, and everything stays as it is', async () => {
    const before = await latest()
    const remove =
      'mutation ($expected: Int!) { removeSystem(id: "shop", comment: "gone", expectedRevision: $expected) { outcome revision faults { message } } }'
    const { removeSystem } = (await one.ask('admin', remove, { expected: before })).data
    expect(removeSystem).toMatchObject({ outcome: 'REFUSED', revision: before })
    expect(removeSystem.faults[0].message).toMatch(/Shopping\.graphql:1:\d+: .*items/)
    expect(await names(one)).toEqual(['shop 1', 'shop 2'])
    const entries = await readAudit(company.db, { limit: 1 })
    expect(entries[0]).toMatchObject({ action: 'system.removed', outcome: 'refused' })
  })

  test('what is under way ends with what it began with, and nobody is sent away meanwhile', async () => {
    const release = company.hold()
    const slow = one.ask('boss', titles)
    await vi.waitFor(() => expect(company.shop.requests.some(seen => seen.path.includes('/items?'))).toBe(true))
    const socket = one.socket('admin')
    const events: unknown[] = []
    socket.subscribe(
      { query: 'subscription { systemChanges { id } }' },
      {
        next: event => void events.push(event),
        error: () => {},
        complete: () => {},
      },
    )
    const yaml = company.shopYaml(['operation: list', 'operation: list\n    fields: { name: title }'])
    let going = true
    const failures: unknown[] = []
    const others = (async () => {
      while (going) {
        const answer = await one.ask('boss', '{ wares(first: 5) { nodes { id } } }')
        if (answer.errors || answer.data.wares.nodes.length !== 2) failures.push(answer)
      }
    })()
    await vi.waitFor(async () => expect((await one.ask('admin', '{ publishing { editions } }')).data).toBeTruthy())
    expect(await put('shop', yaml)).toMatchObject({ outcome: 'PUBLISHED' })
    expect((await one.ask('admin', '{ publishing { editions } }')).data.publishing.editions).toBeGreaterThan(1)
    release()
    expect((await slow).data.items.nodes[0].name).toBe('shop 1')
    expect(await names(one)).toEqual(['title 1', 'title 2'])
    await vi.waitFor(() => expect(JSON.stringify(events)).toContain('shop'))
    going = false
    await others
    expect(failures).toEqual([])
    await socket.dispose()
    await vi.waitFor(async () =>
      expect((await one.ask('admin', '{ publishing { editions } }')).data.publishing.editions).toBe(1),
    )
  })

  test('nothing of an edition stays in memory when its last request was answered', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const editions: WeakRef<object>[] = []
    const { replace } = EditionShelf.prototype
    EditionShelf.prototype.replace = function (this: EditionShelf<object>, next, retired) {
      editions.push(new WeakRef(next as object))
      replace.call(this, next, retired)
    }
    for (const max of [21, 22, 23, 24]) {
      await put('shop', company.shopYaml(['operation: list', `operation: list\n    max: ${max}`]))
      for (const query of [titles, 'Shopping', '{ systems { id state } me { id } }']) await one.ask('boss', query)
    }
    EditionShelf.prototype.replace = replace
    await vi.waitFor(
      () => {
        collect()
        // The last one runs on both gateways.
        expect(editions.filter(edition => edition.deref()).length).toBeLessThanOrEqual(2)
      },
      { timeout: 15_000, interval: 100 },
    )
    expect(editions.length).toBeGreaterThan(4)
  })
})

test('two gateways count what a client sends together', async () => {
  const ask = async (gateway: TestGateway): Promise<unknown> =>
    (await gateway.ask('client-slow', '{ me { id } }')).errors?.[0]?.extensions.code
  expect([await ask(one), await ask(one), await ask(one)].pop()).toBe('TOO_MANY_REQUESTS')
  expect(await ask(two)).not.toBe('TOO_MANY_REQUESTS')
  const owed = sql<{
    s: number
  }>`select extract(epoch from full_at - now()) as s from client_rate where client = 'client-slow'`
  await vi.waitFor(async () => expect(Number((await owed.execute(company.db)).rows[0]?.s)).toBeGreaterThan(150), 10_000)
  await vi.waitFor(async () => expect(await ask(two)).toBe('TOO_MANY_REQUESTS'))
})
