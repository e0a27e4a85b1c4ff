import { describe, expect, test } from 'vitest'
import type { EntityDefinition } from '../configuration.ts'
import type { UpstreamError } from '../types.ts'
import { describeOData } from './odata.ts'
import type { Condition, HttpAnswer, Question, Row } from './protocol.ts'

const metadata = `<?xml version="1.0" encoding="utf-8"?><edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" xmlns:sap="http://www.sap.com/Protocols/SAPData"><edmx:DataServices m:DataServiceVersion="2.0"><Schema Namespace="API" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">
<EntityType Name="OrderType"><Key><PropertyRef Name="Order"/></Key><Property Name="Order" Type="Edm.String" MaxLength="10"/><Property Name="Net" Type="Edm.Decimal" Precision="16" Scale="3"/><Property Name="Day" Type="Edm.DateTime" sap:display-format="Date"/><Property Name="Local" Type="Edm.DateTime"/><Property Name="Changed" Type="Edm.DateTimeOffset"/><Property Name="At" Type="Edm.Time"/><Property Name="Big" Type="Edm.Int64"/><Property Name="Ratio" Type="Edm.Double"/><Property Name="Blocked" Type="Edm.Boolean"/><Property Name="Uuid" Type="Edm.Guid"/><Property Name="Lines" Type="Edm.Int32"/><Property Name="Address" Type="API.Address"/><NavigationProperty Name="to_Item" Relationship="API.OrderItems" FromRole="Order" ToRole="Items"/></EntityType>
<EntityType Name="ItemType"><Key><PropertyRef Name="Order"/><PropertyRef Name="Item"/></Key><Property Name="Order" Type="Edm.String"/><Property Name="Item" Type="Edm.Int64"/><Property Name="Net" Type="Edm.Decimal"/><NavigationProperty Name="to_Product" Relationship="API.ItemProduct" FromRole="Item" ToRole="Product"/></EntityType>
<EntityType Name="ProductType"><Key><PropertyRef Name="Product"/></Key><Property Name="Product" Type="Edm.String"/><Property Name="Weight" Type="Edm.Decimal"/></EntityType>
<ComplexType Name="Address"><Property Name="City" Type="Edm.String"/><Property Name="Since" Type="Edm.DateTime"/></ComplexType>
<Association Name="OrderItems"><End Type="API.OrderType" Multiplicity="1" Role="Order"/><End Type="API.ItemType" Multiplicity="*" Role="Items"/></Association>
<Association Name="ItemProduct"><End Type="API.ItemType" Multiplicity="*" Role="Item"/><End Type="API.ProductType" Multiplicity="0..1" Role="Product"/></Association>
<EntityContainer Name="C" m:IsDefaultEntityContainer="true"><EntitySet Name="Orders" EntityType="API.OrderType"/><EntitySet Name="Items" EntityType="API.ItemType"/><EntitySet Name="Products" EntityType="API.ProductType"/><FunctionImport Name="release" ReturnType="API.OrderType" EntitySet="Orders" m:HttpMethod="POST"><Parameter Name="Order" Type="Edm.String" Mode="In"/><Parameter Name="Limit" Type="Edm.Decimal" Mode="In"/></FunctionImport><FunctionImport Name="Count" ReturnType="Edm.Int32" m:HttpMethod="GET"/></EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`

const site = { id: 'sap', documentUrl: undefined, typeTag: undefined, jsonrpc: '2.0' as const }
const sap = describeOData(metadata, { ...site, endpoint: 'https://sap/odata/API/?sap-client=100' })
const orders = { operation: 'read:Orders', input: {}, filter: {}, fields: {} } as unknown as EntityDefinition
const question: Question = {
  where: [],
  offset: 0,
  limit: 10,
  count: false,
  select: ['Order', 'Net'],
  sort: undefined,
}
const addressOf = (more: Partial<Question>): string => {
  const { operation, input } = sap.ask(orders, { ...question, ...more }) as { operation: string; input: Row }
  return decodeURIComponent(sap.encode(operation, input).url)
}
const filterOf = (...where: Condition[]): string => /\$filter=(.*?)&\$select/.exec(addressOf({ where }))?.[1] ?? ''
const answer = (body: unknown, status = 200): HttpAnswer => ({
  status,
  contentType: 'application/json',
  body: typeof body === 'string' ? body : JSON.stringify(body),
})
const rowsOf = (...results: unknown[]): unknown =>
  (sap.decode('read:Orders', answer({ d: { results } })) as { value: unknown }).value
const failure = (work: () => unknown): UpstreamError => {
  try {
    work()
  } catch (error) {
    return error as UpstreamError
  }
  throw new Error('it succeeded')
}

describe('the metadata document', () => {
  test('tells the version, and that the service is SAP’s', () => {
    expect(sap).toMatchObject({ protocolVersion: '2.0', csrf: { expected: true } })
    const plain = describeOData(metadata.replace('http://www.sap.com/Protocols/SAPData', 'urn:x'), {
      ...site,
      endpoint: 'https://x/',
    })
    expect(plain).toMatchObject({ protocolVersion: '2.0', csrf: { address: 'https://x/', expected: false } })
  })

  test('a mapping is checked through associations and complex types', () => {
    expect(() => sap.check(orders, ['Order', 'to_Item.Net', 'to_Item.to_Product.Weight', 'Address.City'])).not.toThrow()
    for (const path of ['to_Item.Weight', 'Address.Street', 'to_Items.Net', 'Net.x'])
      expect(() => sap.check(orders, [path])).toThrow(`sap.read:Orders has no property ${path}`)
  })

  test('sums are refused when the mapping is read, not when somebody asks', () => {
    const summing = { ...orders, aggregate: { by: 'Order', currency: 'Order', measures: {} } } as EntityDefinition
    expect(() => sap.check(summing, [])).toThrow('OData 2.0 cannot sum')
    expect(sap.askSums).toBeUndefined()
  })

  test.each([
    ['HTML', '<html><body>Logon</body></html>', 'this is no OData metadata document'],
    ['nothing', '', 'this is no OData metadata document'],
    ['JSON', '{"d":{"EntitySets":[]}}', 'this is no OData metadata document'],
    ['half a document', metadata.slice(0, metadata.indexOf('<EntitySet Name="Items')), 'is broken XML'],
    ['half an element', metadata.slice(0, -300), 'is not XML'],
    ['a document type', `<!DOCTYPE x [<!ENTITY a "b">]>${metadata}`, 'has a document type'],
    ['v3', metadata.replace('ServiceVersion="2.0"', 'ServiceVersion="3.0"'), 'is of a version that is not read'],
    ['a later version', metadata.replace('Version="1.0" xmlns:edmx', 'Version="5.0" xmlns:edmx'), 'is of a version'],
    ['a set without its type', metadata.replace('EntityType="API.ItemType"', 'EntityType="API.X"'), 'entity set Items'],
  ])('%s is refused by name', (_what, text, words) => {
    expect(() => describeOData(text, { ...site, endpoint: 'https://x/' })).toThrow(words)
  })
})

describe('questions', () => {
  test('are put in the words of v2; what stands in the endpoint’s query stands in every address', () => {
    expect(
      addressOf({
        where: [
          { field: 'Order', op: 'in', values: ["O'1", 'b'] },
          { any: ['Order', 'Net'], contains: 'x' },
        ],
        select: ['Order', 'Address.City', 'to_Item.Net', 'to_Item.to_Product.Weight'],
        sort: 'Day desc',
        offset: 20,
        count: true,
      }),
    ).toBe(
      "https://sap/odata/API/Orders?$filter=(Order eq 'O''1' or Order eq 'b') and (substringof('x',Order) or substringof('x',Net))&$select=Order,Address,to_Item&$expand=to_Item/to_Product&$orderby=Day desc&$top=10&$skip=20&$inlinecount=allpages&sap-client=100",
    )
  })

  test.each([
    ['Net', '12.50', 'Net ge 12.50M'],
    ['Big', '9223372036854775807', 'Big ge 9223372036854775807L'],
    ['Lines', 5, 'Lines ge 5'],
    ['Ratio', '1.5', 'Ratio ge 1.5d'],
    ['Blocked', true, 'Blocked ge true'],
    ['Day', '2026-03-04', "Day ge datetime'2026-03-04T00:00:00'"],
    ['Local', '2026-03-04T05:06:07.089', "Local ge datetime'2026-03-04T05:06:07.089'"],
    ['Local', '2026-03-04T05:06:07+08:00', "Local ge datetime'2026-03-03T21:06:07'"],
    ['Changed', '2026-03-04T05:06:07+08:00', "Changed ge datetimeoffset'2026-03-03T21:06:07Z'"],
    ['At', '05:06', "At ge time'PT05H06M00S'"],
    ['Uuid', '00505601-4a11-1eda-a000-d7d9e2c8f2b1', "Uuid ge guid'00505601-4a11-1eda-a000-d7d9e2c8f2b1'"],
    ['Order', "x' or 1 eq 1", "Order ge 'x'' or 1 eq 1'"],
  ])('%s %j becomes a literal of its type', (field, value, expected) => {
    expect(filterOf({ field, op: 'ge', values: [value] })).toBe(expected)
  })

  test.each([
    ['Net', '1M or true'],
    ['Big', '1L'],
    ['Day', "2026-03-04' or '"],
    ['Day', '2026-02-30'],
    ['Local', 'yesterday'],
    ['Changed', '2026-03-04T05:06:07'],
    ['At', '5 o’clock'],
    ['Uuid', "00505601-4a11-1eda-a000-d7d9e2c8f2b1'"],
    ['Blocked', 'maybe'],
    ['Lines', ''],
    ['Missing', 'x'],
  ])('%s %j is refused before anything is sent', (field, value) => {
    expect(failure(() => filterOf({ field, op: 'eq', values: [value] }))).toMatchObject({ code: 'INPUT_FAULT' })
  })

  test('a question too long for an address goes into a batch', () => {
    const values = Array.from({ length: 200 }, (_, index) => `000010${index}`)
    const asked = sap.ask(orders, { ...question, where: [{ field: 'Order', op: 'in', values }] }) as {
      operation: string
      input: Row
    }
    const call = sap.encode(asked.operation, asked.input)
    expect(call).toMatchObject({ method: 'POST', url: 'https://sap/odata/API/$batch?sap-client=100' })
    expect(call.body?.split('GET Orders?').length).toBe(2)
    const part = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"d":{"results":[{"Order":"1"}]}}'
    const body = `--b\r\nContent-Type: application/http\r\n\r\n${part}\r\n--b--`
    const decoded = sap.decode('batch', { status: 202, contentType: 'multipart/mixed; boundary=b', body })
    expect(sap.rows(orders, decoded)).toEqual({ rows: [{ Order: '1' }], total: null })
  })

  test('options of v4 are refused', () => {
    expect(() => sap.encode('read:Orders', { apply: 'x' })).toThrow('sap.read:Orders takes no apply')
  })
})

describe('answers', () => {
  test('become plain values: decimals and 64-bit numbers text, times ISO 8601, relations lists', () => {
    const row = {
      __metadata: { uri: 'https://sap/x', type: 'API.OrderType', etag: 'W/"7"' },
      Order: '0000012',
      Net: '12345678901234567.100',
      Day: '/Date(1772582400000)/',
      Local: '/Date(1772600767089)/',
      Changed: '/Date(1772600767000+0480)/',
      At: 'PT5H06M07S',
      Big: '9007199254740993',
      Ratio: '1.5E+00',
      Blocked: false,
      Lines: 3,
      Address: { __metadata: {}, City: '上海', Since: null },
      to_Item: {
        results: [
          { __metadata: {}, Order: '0000012', Item: '1', Net: '1.0', to_Product: { __deferred: { uri: 'x' } } },
        ],
      },
    }
    expect(rowsOf(row)).toEqual([
      {
        '@odata.etag': 'W/"7"',
        Order: '0000012',
        Net: '12345678901234567.100',
        Day: '2026-03-04',
        Local: '2026-03-04T05:06:07.089Z',
        Changed: '2026-03-04T05:06:07Z',
        At: '05:06:07',
        Big: '9007199254740993',
        Ratio: 1.5,
        Blocked: false,
        Lines: 3,
        Address: { City: '上海', Since: null },
        to_Item: [{ Order: '0000012', Item: '1', Net: '1.0' }],
      },
    ])
  })

  test('numbers where texts are due lose no digit; what is no time stays as it came', () => {
    const body =
      '{"d":{"results":[{"Net":12345678901234567.10,"Big":9007199254740993,"Day":"/Date(x)/","Local":"/Date(99999999999999999)/","At":7,"Changed":false}]}}'
    expect((sap.decode('read:Orders', answer(body)) as { value: unknown[] }).value).toEqual([
      {
        Net: '12345678901234567.10',
        Big: '9007199254740993',
        Day: '/Date(x)/',
        Local: '/Date(99999999999999999)/',
        At: 7,
        Changed: false,
      },
    ])
  })

  test('a collection is read with its total and its next page, or as the bare list of v1', () => {
    const page = { d: { results: [{ Order: '1' }], __count: '7', __next: 'https://sap/odata/API/Orders?$skiptoken=1' } }
    const read = sap.decode('read:Orders', answer(page))
    expect(sap.rows(orders, read)).toEqual({
      rows: [{ Order: '1' }],
      total: 7,
      next: { operation: 'read:Orders', input: { next: 'https://sap/odata/API/Orders?$skiptoken=1' } },
    })
    expect(sap.decode('read:Orders', answer({ d: [{ Order: '1' }] }))).toMatchObject({ value: [{ Order: '1' }] })
    expect(sap.encode('read:Orders', { next: 'Orders?$skiptoken=1' }).url).toBe(
      'https://sap/odata/API/Orders?$skiptoken=1&sap-client=100',
    )
    expect(() => sap.encode('read:Orders', { next: 'https://evil/Orders' })).toThrow('another origin')
  })

  test('the error envelope of v2 is a refusal with its reason', () => {
    const body = {
      error: { code: 'SLS/123', message: { lang: 'zh', value: '订单已冻结' }, innererror: { transactionid: 'T' } },
    }
    expect(failure(() => sap.decode('update:Orders', answer(body, 400)))).toMatchObject({
      code: 'UPSTREAM_REFUSED',
      reasonCode: 'SLS/123',
      reason: '订单已冻结',
    })
    for (const broken of [{ error: null }, { error: { message: {} } }, { error: { message: { value: 7 } } }, []])
      expect(failure(() => sap.decode('read:Orders', answer(broken, 400)))).toMatchObject({ code: 'UPSTREAM_REFUSED' })
  })
})

describe('writes', () => {
  test('values go out as v2 writes them; an update leaves the other properties alone', () => {
    const body = { Net: 12.5, Day: '2026-03-04', At: '05:06', Big: 7, Address: { City: 'x' }, to_Item: [{ Net: '1' }] }
    const create = sap.encode('create:Orders', { body })
    expect(create).toMatchObject({ method: 'POST', url: 'https://sap/odata/API/Orders?sap-client=100' })
    expect(JSON.parse(create.body ?? '')).toEqual({
      Net: '12.5',
      Day: '/Date(1772582400000)/',
      At: 'PT05H06M00S',
      Big: '7',
      Address: { City: 'x' },
      to_Item: [{ Net: '1' }],
    })
    const update = sap.encode('update:Items', { key: { Order: 'a/b', Item: 3 }, body: { Net: '2' }, etag: 'W/"7"' })
    expect(decodeURIComponent(update.url)).toBe("https://sap/odata/API/Items(Order='a/b',Item=3L)?sap-client=100")
    expect(update).toMatchObject({ method: 'POST', headers: { 'x-http-method': 'MERGE', 'if-match': 'W/"7"' } })
    expect(() => sap.encode('create:Orders', { body: { Nett: 1 } })).toThrow('has no property Nett')
    expect(sap.decode('update:Items', { status: 204, contentType: '', body: '' })).toBeNull()
  })

  test('a function import takes its parameters as literals, and only by its own method', () => {
    expect(sap.operations.get('call:release')).toEqual({ safe: false })
    expect(sap.operations.get('call:Count')).toEqual({ safe: true })
    const call = sap.encode('call:release', { Order: "O'1", Limit: '10' })
    expect(call.method).toBe('POST')
    expect(decodeURIComponent(call.url)).toBe("https://sap/odata/API/release?Order='O''1'&Limit=10M&sap-client=100")
    expect(() => sap.encode('call:release', { Force: 'x' })).toThrow('sap.call:release takes no Force')
    expect(() => sap.encode('call:drop', {})).toThrow('sap has no operation call:drop')
    expect(sap.decode('call:release', answer({ d: { Order: '1', Day: '/Date(1772582400000)/' } }))).toEqual({
      Order: '1',
      Day: '2026-03-04',
    })
    expect(sap.decode('call:Count', answer({ d: { Count: 7 } }))).toBe(7)
  })
})

describe('batches', () => {
  const part = (text: string, id = ''): string =>
    `--b\r\nContent-Type: application/http\r\n${id}\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n${text}\r\n`
  const read = (body: string, contentType = 'multipart/mixed; boundary="b"'): unknown =>
    sap.decode('batch', { status: 202, contentType, body })

  test('a part that repeats its number is put where it belongs', () => {
    const body = `${part('{"d":2}', 'Content-ID: 2\r\n')}${part('{"d":1}', 'Content-ID: 1\r\n')}--b--`
    expect(read(body)).toEqual([{ d: 1 }, { d: 2 }])
  })

  test.each([
    ['another type', `${part('{"d":1}')}--b--`, 'text/html'],
    ['no boundary', `${part('{"d":1}')}--b--`, 'multipart/mixed'],
    ['no end', part('{"d":1}'), 'multipart/mixed; boundary=b'],
    ['nothing', '', 'multipart/mixed; boundary=b'],
    ['a part that is no message', '--b\r\n\r\nhello\r\n--b--', 'multipart/mixed; boundary=b'],
    ['a part cut off', `${part('{"d":')}--b--`, 'multipart/mixed; boundary=b'],
    ['a number twice', `${part('{}', 'Content-ID: 1\r\n').repeat(2)}--b--`, 'multipart/mixed; boundary=b'],
    ['a number left out', `${part('{}', 'Content-ID: 2\r\n')}--b--`, 'multipart/mixed; boundary=b'],
  ])('%s is no batch', (_what, body, contentType) => {
    expect(failure(() => read(body, contentType))).toMatchObject({ code: 'UPSTREAM_BAD_ANSWER' })
  })

  test('a part that was refused fails the batch', () => {
    const error = '{"error":{"code":"X","message":{"value":"no"}}}'
    const body = `${part('{}')}${part(error).replace('200 OK', '403 Forbidden')}--b--`
    expect(failure(() => read(body))).toMatchObject({ code: 'UPSTREAM_REFUSED', reasonCode: 'X', reason: 'no' })
  })
})
