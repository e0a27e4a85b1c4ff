import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startTestCompany, type TestCompany, type TestGateway } from '../../publishing/publishing.fixture.ts'
import { json } from '../testing/server.ts'

let company: TestCompany
let gateway: TestGateway
beforeAll(async () => {
  company = await startTestCompany()
  gateway = await company.gateway()
}, 60_000)
afterAll(async () => {
  await gateway?.stop()
  await company?.stop()
})

const drift = `query ($system: ID, $open: Boolean) { systemDrift(system: $system, open: $open) {
  id system source level fits operations acknowledgedBy comment
  changes { kind level operation path before after text } atRisk { type field level place } } }`
const items = '{ items(first: 5) { nodes { id name phone } } }'

test('administrators see what changed at a system, and note that they have; employees do not', async () => {
  const before = company.shop.answer
  company.shop.answer = (request, response) => {
    if (!request.path.startsWith('/openapi.json')) return before(request, response)
    let text = ''
    before(request, { writeHead: () => ({ end: (written: string) => (text = written) }) } as never)
    json(response, JSON.parse(text.replace('"phone":{},', '')))
  }
  await gateway.ask('admin', 'mutation { probeSystem(id: "shop") { id } }')
  await vi.waitFor(async () => {
    const { data } = await gateway.ask('admin', drift, { system: 'shop', open: true })
    expect(data.systemDrift).toHaveLength(1)
  })
  const [found] = (await gateway.ask('admin', drift, { system: 'shop', open: true }, 'zh-CN')).data.systemDrift
  expect(found).toMatchObject({
    source: 'DESCRIPTION',
    level: 'BREAKING',
    fits: false,
    changes: [{ kind: 'PROPERTY_REMOVED', path: 'items.phone', text: expect.stringMatching(/属性已删除/) }],
    atRisk: [{ type: 'Item', field: 'phone', level: 'BREAKING' }],
  })
  // The field is left out, and says so; the rest of the record stands.
  const shown = await gateway.ask('boss', items)
  expect(shown.data.items.nodes[0]).toMatchObject({ id: 'shop-1', name: 'shop 1', phone: null })
  expect(JSON.stringify(shown)).toContain('no longer told by the system')

  expect((await gateway.ask('boss', drift)).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  const acknowledge = `mutation { acknowledgeSystemDrift(id: "${found.id}", comment: "已联系厂商") { id acknowledgedBy comment endedAt } }`
  expect((await gateway.ask('boss', acknowledge)).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  expect((await gateway.ask('admin', acknowledge)).data.acknowledgeSystemDrift).toMatchObject({
    acknowledgedBy: expect.any(String),
    comment: '已联系厂商',
    endedAt: null,
  })
  expect((await gateway.ask('admin', drift, { open: true })).data.systemDrift).toEqual([])
  const unknown = await gateway.ask('admin', 'mutation { acknowledgeSystemDrift(id: "999999") { id } }')
  expect(unknown.errors?.[0]?.extensions.code).toBe('NOT_FOUND')
  company.shop.answer = before
})

test('an expression without end costs its own field only; the gateway goes on answering meanwhile', async () => {
  const spin = '($f := function($n){$f($n+1)}; $f(0))'
  const yaml = company.shopYaml(['    total: total', `    total: total\n    fields: { name: { value: "${spin}" } }`])
  const publish =
    'mutation ($yaml: String!) { publishSystem(id: "shop", yaml: $yaml, comment: "c", expectedRevision: 0) { outcome faults { message } } }'
  expect((await gateway.ask('admin', publish, { yaml })).data.publishSystem).toEqual({
    outcome: 'PUBLISHED',
    faults: [],
  })
  const spinning = gateway.ask('boss', items)
  // The other system is asked while the first expression spins.
  expect((await gateway.ask('boss', '{ wares(first: 5) { nodes { name } } }')).data.wares.nodes[0].name).toBe('store 1')
  const shown = await spinning
  expect(shown.data.items.nodes[0]).toMatchObject({ id: 'shop-1', name: null, phone: '13812345678' })
  expect(JSON.stringify(shown)).toContain('takes too long to compute')
})
