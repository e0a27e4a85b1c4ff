import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCompany, type TestCompany, type TestGateway } from './publishing.fixture.ts'

let company: TestCompany
let gateway: TestGateway
beforeAll(async () => {
  company = await startTestCompany()
  gateway = await company.gateway()
}, 60_000)
afterAll(() => company?.stop())

const query = '{ systemDescription(id: "shop") { operations { name types unmapped { path kind list } } } }'

test('what a system offers and nobody mapped is listed, by where it stands in a record', async () => {
  const { data, errors } = await gateway.ask('admin', query)
  expect(errors).toBeUndefined()
  expect(data.systemDescription.operations).toEqual([
    {
      name: 'list',
      types: ['Item'],
      unmapped: [
        { path: 'title', kind: 'any', list: false },
        { path: 'ownerId', kind: 'any', list: false },
      ],
    },
    { name: 'others', types: [], unmapped: [] },
  ])
  const text = /* GraphQL */ `
    mutation ($yaml: String!) {
      checkSystem(id: "shop", yaml: $yaml) { description { operations { name unmapped { path } } } }
    }
  `
  const yaml = company.shopYaml(['    operation: list', '    operation: list\n    fields: { name: title }'])
  const checked = await gateway.ask('admin', text, { yaml })
  expect(checked.data.checkSystem.description.operations[0].unmapped).toEqual([{ path: 'name' }, { path: 'ownerId' }])
})

test('nobody else is told', async () => {
  expect((await gateway.ask('boss', query)).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
})
