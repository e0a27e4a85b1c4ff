import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { metrics } from '@atrium/platform/http'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestCompany, type TestCompany } from './publishing.fixture.ts'

let company: TestCompany
beforeAll(async () => {
  company = await startTestCompany()
}, 60_000)
afterAll(() => company?.stop())

const publish =
  'mutation ($yaml: String!, $expected: Int!) { publishSystem(id: "shop", yaml: $yaml, comment: "c", expectedRevision: $expected) { outcome revision faults { message } } }'
const state = '{ publishing { revision latest fault systems } systems { id explanation } }'
const names = '{ items(first: 5) { nodes { name } } }'

test('a gateway starts with what was published, whatever the configuration says by then', async () => {
  const first = await company.gateway()
  const yaml = company.shopYaml(['    operation: list', '    operation: list\n    fields: { name: title }'])
  expect((await first.ask('admin', publish, { yaml, expected: 0 })).data.publishSystem).toMatchObject({
    outcome: 'PUBLISHED',
    revision: 1,
  })
  await first.stop()
  const { dir } = company.folder
  await writeFile(
    join(dir, 'systems.yaml'),
    `company: { zone: Asia/Shanghai, currency: CNY }\nsystems:\n  shop:\n${company.shopYaml(['en: shop', 'en: Shop']).replace(/^(?=.)/gm, '    ')}`,
  )
  const second = await company.gateway()
  expect((await second.ask('admin', state)).data.publishing).toEqual({
    revision: 1,
    latest: 1,
    fault: null,
    systems: 1,
  })
  expect((await second.ask('boss', names)).data.items.nodes[0].name).toBe('title 1')
  await second.stop()
})

test('a revision that no longer builds gives way to the last that does, says so, and is taken when it fits again', async () => {
  const { dir } = company.folder
  const types = (name: string) =>
    `type Extra @entity(key: "id", system: "shop") @read(roles: ["*"]) { id: ID! @from(system: "shop", path: "${name}") }\n`
  await writeFile(join(dir, 'extra.graphql'), types('id'))
  const before = await company.gateway()
  const inline = company.shopYaml(
    ['dictionary: shop.graphql', 'dictionary: extra.graphql'],
    ['  Item:', '  Extra:'],
    ['    filter: { id: ids, ids: { field: ids, reads: [id] }, owner: { field: owner, reads: [] } }\n', ''],
    ['scope: { filter: owner, path: ownerId }', 'scope: none'],
  )
  // The stored operation needs Item: it is what keeps this from being published, until it is gone.
  expect((await before.ask('admin', publish, { yaml: inline, expected: 1 })).data.publishSystem.outcome).toBe('REFUSED')
  await rm(join(dir, 'operations/Shopping.graphql'))
  expect((await before.ask('admin', publish, { yaml: inline, expected: 1 })).data.publishSystem.outcome).toBe(
    'PUBLISHED',
  )
  await before.stop()

  await rm(join(dir, 'extra.graphql'))
  const after = await company.gateway()
  const { publishing, systems } = (await after.ask('admin', state)).data
  expect(publishing).toMatchObject({ revision: 1, latest: 2 })
  expect(publishing.fault).toMatch(/^2: .*extra\.graphql cannot be read/)
  expect(systems[0].explanation).toContain('Revision 2 of the systems was published but does not build here')
  expect((await after.ask('boss', names)).data.items.nodes[0].name).toBe('title 1')
  expect(await metrics.getSingleMetricAsString('systems_revision')).toMatch(/running"} 1\n.*latest"} 2/)

  const roll = 'mutation { rollBackSystems(revision: 1, comment: "c", expectedRevision: 2) { outcome revision } }'
  expect((await after.ask('admin', roll)).data.rollBackSystems).toEqual({ outcome: 'PUBLISHED', revision: 3 })
  await vi.waitFor(async () => {
    const now = (await after.ask('admin', state)).data
    expect(now.publishing).toMatchObject({ revision: 3, latest: 3, fault: null })
    expect(now.systems[0].explanation).toBeNull()
  })
})
