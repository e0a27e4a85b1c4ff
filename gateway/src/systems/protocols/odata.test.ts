import { describe, expect, test } from 'vitest'
import type { EntityDefinition } from '../configuration.ts'
import type { UpstreamError } from '../types.ts'
import { describeOData } from './odata.ts'
import type { Condition, HttpAnswer } from './protocol.ts'

const metadata = `<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices><Schema Namespace="N" Alias="A" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EntityType Name="Order"><Key><PropertyRef Name="Id"/></Key><Property Name="Id" Type="Edm.String"/><Property Name="Net" Type="Edm.Decimal"/><Property Name="On" Type="Edm.Date"/><Property Name="Big" Type="Edm.Int64"/><Property Name="Address" Type="A.Address"/><NavigationProperty Name="Items" Type="Collection(A.Item)"/></EntityType>
<EntityType Name="Item"><Key><PropertyRef Name="Order"/><PropertyRef Name="No"/></Key><Property Name="Order" Type="Edm.String"/><Property Name="No" Type="Edm.Int32"/><Property Name="Net" Type="Edm.Decimal"/><NavigationProperty Name="Product" Type="A.Product"/></EntityType>
<EntityType Name="Product"><Key><PropertyRef Name="Id"/></Key><Property Name="Id" Type="Edm.String"/><Property Name="Weight" Type="Edm.Decimal"/></EntityType><ComplexType Name="Address"><Property Name="Distance" Type="Edm.Decimal"/></ComplexType>
<EntityContainer Name="C"><EntitySet Name="Orders" EntityType="N.Order"/><EntitySet Name="Items" EntityType="A.Item"/></EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`

const erp = describeOData(metadata, {
  id: 'erp',
  endpoint: 'http://erp/odata/',
  documentUrl: undefined,
  typeTag: undefined,
  jsonrpc: '2.0',
})
const entity = {
  operation: 'read:Orders',
  input: {},
  filter: {},
  rows: '',
  fields: {},
  page: {},
  max: 200,
  each: false,
  scope: 'none',
} as unknown as EntityDefinition
const ask = (where: Condition[], more: object = {}) => {
  const call = erp.ask(entity, {
    where,
    offset: 0,
    limit: 10,
    count: true,
    select: ['Id', 'Net'],
    sort: 'On desc',
    ...more,
  }) as { operation: string; input: Record<string, unknown> }
  return decodeURIComponent(erp.encode(call.operation, call.input).url)
}
const answer = (body: unknown, status = 200): HttpAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(body),
})
const thrown = (work: () => unknown): UpstreamError => {
  try {
    work()
  } catch (error) {
    return error as UpstreamError
  }
  throw new Error('it succeeded')
}

describe('questions', () => {
  test('conditions become literals of the property’s type', () => {
    expect(
      ask([
        { field: 'Id', op: 'in', values: ["O'1", 'b'] },
        { field: 'Net', op: 'ge', values: ['10.50'] },
        { field: 'On', op: 'lt', values: ['2026-01-01'] },
      ]),
    ).toBe(
      "http://erp/odata/Orders?$filter=Id in ('O''1','b') and Net ge 10.50 and On lt 2026-01-01&$select=Id,Net&$orderby=On desc&$top=10&$count=true",
    )
  })

  test('a value can not become an expression', () => {
    expect(ask([{ field: 'Id', op: 'eq', values: ["x' or 1 eq 1 or Id eq '"] }])).toContain(
      "Id eq 'x'' or 1 eq 1 or Id eq '''",
    )
    expect(ask([{ any: ['Id'], contains: "') or true" }])).toContain("contains(Id,''') or true')")
    for (const [field, value] of [
      ['Net', '1 or true'],
      ['On', "2026-01-01' or '"],
      ['Big', '1;drop'],
    ] as const) {
      expect(() => ask([{ field, op: 'eq', values: [value] }])).toThrow(`${field} takes Edm.`)
    }
  })

  test('an empty list of values is refused: it would read as no condition', () => {
    expect(() => ask([{ field: 'Id', op: 'in', values: [] }])).toThrow('an empty list')
  })

  test('keys of several parts stand in parentheses', () => {
    expect(decodeURIComponent(erp.encode('get:Items', { key: { Order: 'a/b', No: 3 } }).url)).toBe(
      "http://erp/odata/Items(Order='a/b',No=3)",
    )
    expect(() => erp.encode('get:Items', { key: { Order: 'a' } })).toThrow('needs the key No')
  })

  test('many questions are one batch, answered in their own order', () => {
    const call = erp.askTogether?.(
      entity,
      ['a', 'b'].map(id => ({
        where: [{ field: 'Id', op: 'in', values: [id] }],
        offset: 0,
        limit: 2,
        count: false,
        select: ['Id'],
        sort: undefined,
      })),
    )
    const http = erp.encode(call?.operation ?? '', call?.input ?? {})
    expect(http).toMatchObject({ method: 'POST', url: 'http://erp/odata/$batch' })
    const urls = (JSON.parse(http.body ?? '') as { requests: { url: string }[] }).requests.map(one =>
      decodeURIComponent(one.url),
    )
    expect(urls).toEqual(["Orders?$select=Id&$top=2&$filter=Id eq 'a'", "Orders?$select=Id&$top=2&$filter=Id eq 'b'"])
    const body = {
      responses: [
        { id: '1', status: 200, body: { value: [{ Id: 'b' }] } },
        { id: '0', status: 200, body: { value: [] } },
      ],
    }
    expect(erp.rowsTogether?.(entity, erp.decode('batch', answer(body)))).toEqual([
      { rows: [], total: null },
      { rows: [{ Id: 'b' }], total: null },
    ])
    expect(
      thrown(() =>
        erp.decode(
          'batch',
          answer({ responses: [{ id: '0', status: 403, body: { error: { code: 'x', message: 'no' } } }] }),
        ),
      ),
    ).toMatchObject({ code: 'UPSTREAM_REFUSED', reason: 'no' })
  })
})

describe('answers', () => {
  test('decimals are text even from a server that answers numbers, big integers are numbers', () => {
    expect(
      erp.decode(
        'read:Orders',
        answer({
          '@odata.count': 7,
          value: [{ Id: 'a', Net: 10.5, Big: '12', Items: [{ No: 1, Net: 0.0000001 }] }],
          '@odata.nextLink': 'Orders?$skiptoken=2',
        }),
      ),
    ).toEqual({
      value: [{ Id: 'a', Net: '10.5', Big: 12, Items: [{ No: 1, Net: '0.0000001' }] }],
      count: 7,
      next: 'Orders?$skiptoken=2',
    })
  })

  test('a page that ends early says where the next one is', () => {
    const page = erp.decode('read:Orders', answer({ value: [], '@odata.nextLink': 'Orders?$skiptoken=2' }))
    expect(erp.rows(entity, page)).toEqual({
      rows: [],
      total: null,
      next: { operation: 'read:Orders', input: { next: 'Orders?$skiptoken=2' } },
    })
  })

  test('a batch that answers one request twice or another’s is no batch', () => {
    const one = { id: '0', status: 200, body: { value: [] } }
    for (const responses of [[one, one], [{ ...one, id: 'x' }], [null], [{ ...one, body: '{' }], 'text'])
      expect(thrown(() => erp.decode('batch', answer({ responses }))).code).toBe('UPSTREAM_BAD_ANSWER')
  })

  test('an error body is a refusal with its reason', () => {
    expect(
      thrown(() => erp.decode('read:Orders', answer({ error: { code: 'Forbidden', message: '没有权限' } }, 403))),
    ).toMatchObject({ code: 'UPSTREAM_REFUSED', reasonCode: 'Forbidden', reason: '没有权限', outcome: 'refused' })
    expect(
      thrown(() => erp.decode('read:Orders', answer({ error: { code: 'X', message: 'ORA-1' } }, 500))).reason,
    ).toBeUndefined()
    expect(thrown(() => erp.decode('read:Orders', answer({ rows: [] }))).code).toBe('UPSTREAM_BAD_ANSWER')
  })

  test('a next page at another origin is not followed: the token would go there', () => {
    expect(erp.encode('read:Orders', { next: 'Orders?$skiptoken=2' }).url).toBe('http://erp/odata/Orders?$skiptoken=2')
    expect(() => erp.encode('read:Orders', { next: 'http://evil.example/Orders' })).toThrow('another origin')
  })
})

test('what lies below several relations is expanded level by level, what is complex is selected whole', () => {
  expect(ask([], { select: ['Id', 'Items.Product.Weight', 'Address.Distance'] })).toContain(
    '$select=Id,Address&$expand=Items($expand=Product)',
  )
  const row = { Id: 'a', Address: { Distance: 1.5 }, Items: [{ Product: { Weight: 2.5 } }] }
  expect(erp.decode('read:Orders', answer({ value: [row] }))).toMatchObject({
    value: [{ Address: { Distance: '1.5' }, Items: [{ Product: { Weight: '2.5' } }] }],
  })
})

test('a mapping is checked against the metadata, property by property', () => {
  expect(() => erp.check(entity, ['Id', 'Nett'])).toThrow('erp.read:Orders has no property Nett')
  expect(() => erp.check({ ...entity, operation: 'read:Order' }, [])).toThrow(
    'erp has no operation read:Order; its entity sets are Orders, Items',
  )
  expect(() => erp.check(entity, ['Items.Net', 'On'])).not.toThrow()
})
