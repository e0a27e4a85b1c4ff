import { describe, expect, test } from 'vitest'
import { compileDictionary } from '../../gateway/src/schema/dictionary.ts'
import { checkEntities, compileEntities, type Entity } from '../../gateway/src/schema/entities.ts'
import { conditionsFor } from '../../gateway/src/schema/questions.ts'
import { parseSystems } from '../../gateway/src/systems/configuration.ts'
import { describe as describeSystem } from '../../gateway/src/systems/description.ts'
import type { OperationCall } from '../../gateway/src/systems/protocols/protocol.ts'

// `$me` within an expression is the account of who asks, as the system writes a text; nobody's account can say more than that.
const metadata = `<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
  <Schema Namespace="N" xmlns="http://docs.oasis-open.org/odata/ns/edm">
    <EntityType Name="T"><Key><PropertyRef Name="id"/></Key><Property Name="id" Type="Edm.String" Nullable="false"/>
      <Property Name="owner" Type="Edm.String"/><Property Name="hours" Type="Edm.Int32"/></EntityType>
    <EntityContainer Name="C"><EntitySet Name="Ts" EntityType="N.T"/></EntityContainer>
  </Schema></edmx:DataServices></edmx:Edmx>`
const conditions = {
  as: 'text',
  terms: { eq: '{field}={value}' },
  nothing: '1=2',
  quote: { mark: '"', escape: { '"': '\\"', '\\': '\\\\' } },
}
const odata = { protocol: 'odata', document: 'http://s/$metadata', endpoint: 'http://s', operation: 'read:Ts' }
const rest = {
  protocol: 'rest',
  endpoint: 'http://s',
  rest: { operations: { list: { path: '/t', query: { q: '$where', from: '$offset', size: '$limit' } } }, conditions },
  operation: 'list',
  page: { offset: 'offset', limit: 'limit' },
}
const rpc = { protocol: 'json-rpc', endpoint: 'http://s', operation: 't.list', parameters: ['$domain'] }

function mapped(
  { operation, page, parameters, ...system }: Record<string, unknown>,
  filter: object,
  input = {},
): Entity {
  const dictionary = compileDictionary(
    'type T @entity(key: "id", system: "s") @read(roles: ["*"]) { id: ID! @from(system: "s", path: "id") owner: String @from(system: "s", path: "owner") }',
  )
  const file = parseSystems({
    company: { zone: 'UTC', currency: 'CNY' },
    systems: {
      s: {
        name: { zh: 'S', en: 'S' },
        url: 'http://s',
        authentication: { kind: 'none' },
        ...system,
        entities: {
          T: { operation, page, parameters, input, scope: 'none', filter: { mine: { reads: ['owner'], ...filter } } },
        },
      },
    },
  })
  const entities = compileEntities(dictionary, file)
  const { description } = describeSystem('s', file.systems.s as never, system.protocol === 'odata' ? metadata : '')
  checkEntities(entities, 's', description)
  const entity = entities.get('s.T') as Entity
  told = async account => {
    const person = { systems: account === null ? {} : { s: { id: account, roles: [], scope: 'all' } } }
    const context = {
      viewer: { kind: 'person', person },
      access: { may: () => true },
      loaders: { today: () => '2026-03-01' },
    } as never
    const where = await conditionsFor(entity, { mine: true }, context)
    if (where === 'nothing') return 'nothing'
    const question = { where: where.where, offset: 0, limit: 1, count: false, select: ['id'], sort: undefined }
    const call = (await description.ask(entity.definition, question)) as OperationCall
    const { url, body } = description.encode(call.operation, call.input)
    return body ?? decodeURIComponent(url)
  }
  return entity
}
let told: (account: string | null) => Promise<string>

describe.each([
  ['odata', odata, "owner eq '$me' or owner eq null", "owner eq 'o''neil\"\\' or owner eq null"],
  ['rest', rest, 'owner = "$me" or team', 'owner = "o\'neil\\"\\\\" or team'],
  ['json-rpc', rpc, '[["owner", "=", "$me"]]', '["owner","=","o\'neil\\"\\\\"]'],
])('%s', (_, system, when, expected) => {
  test('an account is written as a text of the system', async () => {
    mapped(system, { when: { true: when } })
    expect(await told(`o'neil"\\`)).toContain(expected)
    expect(await told(null)).toBe('nothing')
  })

  test.each([
    ['bare in an expression', { when: { true: when.replace(/["']\$me["']/, '$me') } }, {}],
    ['beside other text', { when: { true: when.replace('$me', 'x$me') } }, {}],
    ['within an input', { when: { true: { owner: 'user:$me' } } }, {}],
    ['in what every question has', { when: { true: { owner: 'a' } } }, { filter: "owner eq '$me'" }],
  ])('refused when the mapping is read: %s', (_case, filter, input) => {
    expect(() => mapped(system, filter, input)).toThrow(/s\.T: .*\$me/)
  })
})

test('inputs of an odata filter are properties, and are compared by their type', async () => {
  mapped(odata, { when: { true: { owner: '$me', hours: 3 } } })
  expect(await told("o'neil")).toContain("$filter=owner eq 'o''neil' and hours eq 3")
  expect(() => mapped(odata, { when: { true: { agent: '$me' } } })).toThrow(/s\.T: filter mine: .*no property agent/)
  expect(() => mapped(odata, { when: { true: { hours: 'many' } } })).toThrow(/s\.T: filter mine: .*Edm.Int32/)
})

test('a json-rpc system whose parameters are an expression takes no conditions of its own', () => {
  expect(() => mapped({ ...rpc, parameters: '[where]' }, { when: { true: { owner: '$me' } } })).toThrow(
    /s\.T: filter mine: .*\$domain/,
  )
})
