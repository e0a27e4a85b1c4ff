import { makeExecutableSchema } from '@graphql-tools/schema'
import { graphql } from 'graphql'
import { beforeAll, expect, test } from 'vitest'
import { createPermissions } from '../../access/permissions.ts'
import type { Viewer } from '../../access/person.ts'
import { parseBoards } from '../../boards/definition.ts'
import { parseSystems } from '../../systems/configuration.ts'
import { compileDictionary } from '../dictionary.ts'
import { compileEntities } from '../entities.ts'
import { catalogueResolvers } from './resolvers.ts'
import { catalogueTypeDefs } from './sdl.ts'

const dictionary = compileDictionary(`
  enum Grade { HIGH @code(is: ["A"]) @label(zh: "高", en: "High") LOW @code(is: ["B", "C"]) @label(zh: "低", en: "Low") }
  type Customer @entity(key: "code", system: "crm") @label(zh: "客户", en: "Customer") @about(zh: "买东西的企业", en: "A company that buys") @read(roles: ["crm:*"]) {
    code: ID! @from(system: "crm", path: "no") @label(zh: "编号", en: "Number")
    grade: Grade @from(system: "crm", path: "lv") @label(zh: "级别", en: "Grade")
    phone: String @from(system: "crm", path: "tel") @label(zh: "电话", en: "Phone") @class(is: PERSONAL) @read(roles: ["crm:Rep"]) @mask(kind: PHONE, roles: ["crm:ReadOnly"])
    credit: Decimal @from(system: "erp", path: "Limit") @label(zh: "额度", en: "Credit") @unit(is: "CNY") @valid(min: 0) @read(roles: ["erp:Accountant"])
    orders: [Order!] @children(by: "customer") @label(zh: "订单", en: "Orders")
  }
  type Order @entity(key: "number", system: "erp") @label(zh: "订单", en: "Order") @read(roles: ["erp:*"]) {
    number: ID! @from(system: "erp", path: "No") @label(zh: "订单号", en: "Number")
    customer: Customer @from(system: "erp", path: "Partner") @label(zh: "客户", en: "Customer")
    net: Decimal @from(system: "erp", path: "Net") @label(zh: "净额", en: "Net amount")
    day: Date @from(system: "erp", path: "Day") @label(zh: "日期", en: "Day")
  }
  type Ticket @entity(key: "id", system: "nowhere") @read(roles: ["*"]) { id: ID! @from(system: "nowhere", path: "id") }
  type Employee @label(zh: "员工", en: "Employee") @read(roles: ["*"]) { id: ID! }`)

const system = (zh: string, en: string, entities: object, more = {}) => ({
  name: { zh, en },
  url: 'http://s.test',
  protocol: 'openapi',
  authentication: { kind: 'none' },
  entities,
  ...more,
})
const file = parseSystems({
  company: { zone: 'Asia/Shanghai', currency: 'CNY' },
  systems: {
    crm: system(
      '客户关系',
      'CRM',
      { Customer: { operation: 'listCustomers', scope: 'none', cache: { freshS: 30 }, fields: { grade: 'level' } } },
      { owners: { default: { person: 'li.na' } } },
    ),
    erp: system('企业资源', 'ERP', {
      Customer: { operation: 'partners', key: 'Partner', scope: 'none' },
      Order: {
        operation: 'read:Orders',
        scope: { filter: 'owner' },
        filter: { owner: { field: 'Seller', reads: [] } },
      },
    }),
  },
})
const boards = parseBoards({
  zone: 'Asia/Shanghai',
  boards: { all: { name: { zh: '总览', en: 'All' }, access: {}, kpis: ['sales', 'report'] } },
  kpis: {
    sales: {
      name: { zh: '销售额', en: 'Sales' },
      format: 'money',
      system: 'erp',
      fetch: {
        month: {
          operation: 'read:Orders',
          input: { apply: 'filter(Day ge {{monthStart}})/aggregate(Net with sum as S)' },
        },
      },
      value: 'month.value[0].S',
    },
    report: {
      name: { zh: '新客户', en: 'New customers' },
      format: 'count',
      system: 'crm',
      fetch: { month: { operation: 'reportNew' } },
      value: 'month.total',
      rows: {
        operation: 'listCustomers',
        rows: 'items',
        total: 'total',
        columns: [{ key: 'n', label: { zh: '号', en: 'No' }, value: 'no' }],
      },
    },
  },
})

const schema = makeExecutableSchema({
  typeDefs: [
    'type Query type Text { zhCN: String! en: String! } type QualityOwner { businessRole: String person: String names: [String!]! }',
    catalogueTypeDefs,
  ],
  resolvers: [
    catalogueResolvers(
      { dictionary, entities: compileEntities(dictionary, file), systems: file.systems },
      (person, all) => (all || person.businessRoles.includes('boss') ? [...boards.kpis.values()] : []),
    ) as never,
  ],
})
const permissions = createPermissions(dictionary)

async function ask(roles: { business?: string[]; crm?: string[]; erp?: string[] }, query: string): Promise<string> {
  const rights = (own: string[] = []) => ({ id: own.length > 0 ? '1' : null, roles: own, scope: 'own' as const })
  const viewer: Viewer = {
    kind: 'person',
    accessToken: '',
    tokenExpiresAt: 0,
    person: {
      id: 'p',
      username: 'p',
      name: { zh: '甲', en: 'P' },
      email: null,
      position: { zh: '', en: '' },
      departmentId: null,
      departmentName: { zh: '', en: '' },
      departmentPath: [],
      managerId: null,
      businessRoles: roles.business ?? [],
      systems: { crm: rights(roles.crm), erp: rights(roles.erp) },
      active: true,
    },
  }
  const contextValue = { viewer, access: permissions(viewer), locale: 'en' }
  const { data, errors } = await graphql({ schema, source: query, contextValue })
  if (errors) throw errors[0]
  return JSON.stringify(data?.dictionary)
}
const json = async (...of: Parameters<typeof ask>) => JSON.parse(await ask(...of))

const admin = { business: ['administrator'] }
const clerk = { crm: ['ReadOnly'] }
let field: (who: Parameters<typeof ask>[0], name: string, of: string, type?: string) => Promise<Record<string, unknown>>

beforeAll(() => {
  field = async (who, name, of, type = 'Customer') =>
    (await json(who, `{ dictionary { type(name: "${type}") { fields { name ${of} } } } }`)).type.fields.find(
      (one: { name: string }) => one.name === name,
    )
})

test('everybody sees the types they may read something of, administrators all that are attached', async () => {
  const names = async (who: Parameters<typeof ask>[0]) =>
    (await json(who, '{ dictionary { types { name } } }')).types.map((type: { name: string }) => type.name)
  expect(await names({})).toEqual(['Employee'])
  expect(await names(clerk)).toEqual(['Customer', 'Employee'])
  expect(await names({ erp: ['Accountant'] })).toEqual(['Customer', 'Order', 'Employee'])
  expect(await names(admin)).toEqual(['Customer', 'Order', 'Employee'])
  expect((await json({}, '{ dictionary { type(name: "Order") { name } } }')).type).toBeNull()
})

test('a type is found by its names, its meaning and its fields, in both languages', async () => {
  const found = async (search: string) =>
    await json(
      admin,
      `{ dictionary { count(search: "${search}") types(search: "${search}") { name matching(search: "${search}") { name } } } }`,
    )
  expect(await found('买东西')).toEqual({ count: 1, types: [{ name: 'Customer', matching: [] }] })
  expect(await found('NET AMOUNT')).toEqual({ count: 1, types: [{ name: 'Order', matching: [{ name: 'net' }] }] })
  expect((await found('订单')).types.map((type: { name: string }) => type.name)).toEqual(['Customer', 'Order'])
  expect(await found('nothing like it')).toEqual({ count: 0, types: [] })
})

test('who may read a field, who sees it masked, and what the viewer sees', async () => {
  const of = 'class readers mask { kind readers } readable masked'
  expect(await field(clerk, 'phone', of)).toEqual({
    name: 'phone',
    class: 'PERSONAL',
    readers: ['crm:Rep'],
    mask: { kind: 'PHONE', readers: ['crm:ReadOnly'] },
    readable: false,
    masked: true,
  })
  expect(await field({ crm: ['Rep'] }, 'phone', 'readable masked')).toMatchObject({ readable: true, masked: false })
})

test('mappings, codes of systems and operations are for administrators', async () => {
  const of = 'mapping codes { value label { zhCN } codes }'
  expect(await field(admin, 'grade', of)).toEqual({
    name: 'grade',
    mapping: 'level',
    codes: [
      { value: 'HIGH', label: { zhCN: '高' }, codes: ['A'] },
      { value: 'LOW', label: { zhCN: '低' }, codes: ['B', 'C'] },
    ],
  })
  expect(await field(clerk, 'grade', of)).toMatchObject({
    mapping: null,
    codes: [
      { value: 'HIGH', codes: [] },
      { value: 'LOW', codes: [] },
    ],
  })
  const text = await ask(
    { business: ['boss'], crm: ['Rep'], erp: ['Accountant'] },
    '{ dictionary { types { sources { operation scope } fields { mapping conversion } } figures { operations } } }',
  )
  for (const inner of ['listCustomers', 'read:Orders', 'owner', 'Partner', 'Limit', 'tel'])
    expect(text).not.toContain(inner)
})

test('where each field comes from, how fresh it is, in which unit, and what is checked', async () => {
  expect(await field(admin, 'code', 'key required system freshness seconds')).toMatchObject({
    key: true,
    required: true,
    system: 'crm',
    freshness: 'CACHED',
    seconds: 30,
  })
  expect(await field(admin, 'credit', 'system mapping unit freshness rules { id name { en } }')).toMatchObject({
    system: 'erp',
    mapping: 'Limit',
    unit: 'CNY',
    freshness: 'LIVE',
    rules: [{ id: 'number.range', name: { en: 'Number out of range' } }],
  })
  expect(await field(admin, 'orders', 'type leadsTo mapping')).toMatchObject({
    type: '[Order]',
    leadsTo: 'Order',
    mapping: 'Order.customer',
  })
  expect(await field(admin, 'id', 'system freshness', 'Employee')).toMatchObject({
    system: null,
    freshness: 'SYNCHRONISED',
  })
})

test('the systems that hold a type, the one of record first, with whose the data are', async () => {
  const { type } = await json(
    admin,
    '{ dictionary { type(name: "Customer") { sources { system record operation owner { person businessRole } } } } }',
  )
  expect(type.sources).toEqual([
    { system: 'crm', record: true, operation: 'listCustomers', owner: { person: 'li.na', businessRole: null } },
    { system: 'erp', record: false, operation: 'partners', owner: { person: null, businessRole: 'administrator' } },
  ])
})

test('a figure is followed to its fields and its system; one of a report to the records behind it', async () => {
  const query = '{ dictionary { figures { id system byReport fields { type field label { en } } } } }'
  expect((await json({ business: ['boss'] }, query)).figures).toEqual([
    {
      id: 'sales',
      system: 'erp',
      byReport: false,
      fields: [
        { type: 'Order', field: 'net', label: { en: 'Net amount' } },
        { type: 'Order', field: 'day', label: { en: 'Day' } },
      ],
    },
    {
      id: 'report',
      system: 'crm',
      byReport: true,
      fields: [{ type: 'Customer', field: 'code', label: { en: 'Number' } }],
    },
  ])
  expect((await json(clerk, query)).figures).toEqual([])
  expect((await json(admin, '{ dictionary { type(name: "Order") { figures { id } } } }')).type.figures).toEqual([
    { id: 'sales' },
  ])
})
