import { buildSchema, introspectionFromSchema } from 'graphql'
import { expect, test } from 'vitest'
import { describeGraphQl } from '../protocols/graphql.ts'
import { describeOData } from '../protocols/odata.ts'
import { describeOpenApi } from '../protocols/openapi.ts'
import type { Description, Site } from '../protocols/protocol.ts'
import { describeSoap } from '../protocols/soap.ts'
import { differenceOf } from './difference.ts'

const site = {
  id: 's',
  endpoint: 'http://s',
  documentUrl: 'http://s/$metadata',
  jsonrpc: '2.0',
  typeTag: undefined,
} as Site

async function told(before: Description, after: Description): Promise<string[]> {
  return (await differenceOf(before, after)).map(
    ({ kind, level, operation, path, before: was, after: is }) =>
      `${level} ${kind} ${operation}${path === null ? '' : ` ${path}`}: ${was ?? '-'} → ${is ?? '-'}`,
  )
}

function openApi(
  change: (parts: { inputs: object[]; properties: Record<string, object>; required: string[] }) => void,
  more = {},
): Description {
  const parts = {
    inputs: [
      { name: 'state', in: 'query', schema: { type: 'string', enum: ['A', 'B'] } },
      { name: 'limit', in: 'query', schema: { type: 'integer' } },
    ] as object[],
    properties: {
      id: { type: 'string' },
      count: { type: 'integer' },
      state: { type: 'string', enum: ['A', 'B'] },
      owner: { type: 'object', properties: { name: { type: 'string' } } },
      parent: { $ref: '#/components/schemas/Thing' },
    } as Record<string, object>,
    required: ['id', 'state'],
  }
  change(parts)
  const schema = {
    type: 'object',
    properties: { items: { type: 'array', items: { $ref: '#/components/schemas/Thing' } } },
  }
  const get = {
    operationId: 'list',
    parameters: parts.inputs,
    responses: { 200: { content: { 'application/json': { schema } } } },
  }
  const components = { schemas: { Thing: { type: 'object', properties: parts.properties, required: parts.required } } }
  return describeOpenApi(JSON.stringify({ openapi: '3.1.0', paths: { '/list': { get }, ...more }, components }), site)
}

const original = openApi(() => {})

test('nothing changed: no difference, though types contain themselves', async () => {
  expect(
    await told(
      original,
      openApi(() => {}),
    ),
  ).toEqual([])
})

test('OpenAPI: what breaks, what may surprise, what is harmless', async () => {
  const changed = openApi(
    parts => {
      parts.inputs[0] = { name: 'state', in: 'query', schema: { type: 'string', enum: ['A', 'C'] } }
      parts.inputs.push({ name: 'tenant', in: 'query', required: true, schema: { type: 'string' } })
      parts.inputs.push({ name: 'sort', in: 'query', schema: { type: 'string' } })
      parts.properties.count = { type: 'string' }
      parts.properties.state = { type: 'string', enum: ['A', 'B', 'C'] }
      parts.properties.owner = { type: 'object', properties: { fullName: { type: 'string' } } }
      parts.required = ['id']
      delete parts.properties.parent
    },
    { '/new': { get: { operationId: 'fresh', responses: {} } } },
  )
  expect(await told(original, changed)).toEqual([
    'BREAKING INPUT_VALUES_REMOVED list state: B → -',
    'BREAKING INPUT_REQUIRED list tenant: - → text',
    'BREAKING PROPERTY_TYPE list items.count: integer? → text?',
    'BREAKING PROPERTY_REMOVED list items.owner.name: text? → -',
    'BREAKING PROPERTY_REMOVED list items.parent: record? → -',
    'RISK PROPERTY_OPTIONAL list items.state: always there → may be missing',
    'RISK VALUES_ADDED list items.state: - → C',
    'HARMLESS INPUT_VALUES_ADDED list state: - → C',
    'HARMLESS INPUT_ADDED list sort: - → text?',
    'HARMLESS PROPERTY_ADDED list items.owner.fullName: - → text?',
    'HARMLESS OPERATION_ADDED fresh: - → -',
  ])
})

test('OpenAPI: whole numbers where decimals were still fit; a decimal where a whole number was does not', async () => {
  const decimal = openApi(parts => (parts.properties.count = { type: 'number' }))
  expect(await told(original, decimal)).toContain('BREAKING PROPERTY_TYPE list items.count: integer? → decimal?')
  expect((await told(decimal, original)).filter(one => one.includes('items.count'))).toEqual([])
})

test('OpenAPI: an operation that went', async () => {
  const gone = describeOpenApi(
    JSON.stringify({ openapi: '3.0.0', paths: { '/x': { get: { operationId: 'x' } } } }),
    site,
  )
  expect(await told(original, gone)).toEqual([
    'BREAKING OPERATION_REMOVED list: - → -',
    'HARMLESS OPERATION_ADDED x: - → -',
  ])
})

test('OData: properties and their types', async () => {
  const csdl = (properties: string): Description =>
    describeOData(
      `<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
        <Schema Namespace="N" xmlns="http://docs.oasis-open.org/odata/ns/edm">
          <EntityType Name="Order"><Key><PropertyRef Name="Id"/></Key><Property Name="Id" Type="Edm.String" Nullable="false"/>${properties}</EntityType>
          <EntityContainer Name="C"><EntitySet Name="Orders" EntityType="N.Order"/></EntityContainer>
        </Schema></edmx:DataServices></edmx:Edmx>`,
      site,
    )
  const before = csdl('<Property Name="Amount" Type="Edm.Decimal"/><Property Name="Count" Type="Edm.Int64"/>')
  const after = csdl('<Property Name="Total" Type="Edm.Decimal"/><Property Name="Count" Type="Edm.Int32"/>')
  const read = (await told(before, after)).filter(one => one.includes('read:Orders'))
  expect(read).toEqual([
    'BREAKING INPUT_REMOVED read:Orders Amount: Edm.Decimal? → -',
    'BREAKING INPUT_TYPE read:Orders Count: Edm.Int64? → Edm.Int32?',
    'BREAKING PROPERTY_REMOVED read:Orders Amount: Edm.Decimal? → -',
    'HARMLESS INPUT_ADDED read:Orders Total: - → Edm.Decimal?',
    'HARMLESS PROPERTY_ADDED read:Orders Total: - → Edm.Decimal?',
  ])
})

test('SOAP: elements, lists and enumerations', async () => {
  const wsdl = (item: string, input = ''): Description =>
    describeSoap(
      `<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:t="urn:t" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t">
        <types><x:schema targetNamespace="urn:t" elementFormDefault="qualified">
          <x:element name="List"><x:complexType><x:sequence>${input}</x:sequence></x:complexType></x:element>
          <x:element name="ListResponse"><x:complexType><x:sequence><x:element name="item" maxOccurs="unbounded"><x:complexType><x:sequence>${item}</x:sequence></x:complexType></x:element></x:sequence></x:complexType></x:element>
        </x:schema></types>
        <message name="in"><part name="p" element="t:List"/></message><message name="out"><part name="p" element="t:ListResponse"/></message>
        <portType name="P"><operation name="List"><input message="t:in"/><output message="t:out"/></operation></portType>
        <binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/><operation name="List"><s:operation soapAction="l"/><input><s:body use="literal"/></input><output><s:body use="literal"/></output></operation></binding>
        <service name="S"><port name="P" binding="t:B"><s:address location="http://s"/></port></service>
      </definitions>`,
      site,
    )
  const before = wsdl('<x:element name="no" type="x:string"/><x:element name="qty" type="x:int"/>')
  const after = wsdl(
    '<x:element name="no" type="x:string" minOccurs="0"/>',
    '<x:element name="tenant" type="x:string"/>',
  )
  expect(await told(before, after)).toEqual([
    'BREAKING INPUT_REQUIRED List tenant: - → text',
    'BREAKING PROPERTY_REMOVED List item.qty: integer → -',
    'RISK PROPERTY_OPTIONAL List item.no: always there → may be missing',
  ])
})

test('GraphQL: fields, arguments and enums', async () => {
  const schema = (sdl: string): Description =>
    describeGraphQl(JSON.stringify({ data: introspectionFromSchema(buildSchema(sdl)) }), site)
  const before = schema('enum S { A B } type T { id: ID! n: Int s: S } type Query { list(s: S): [T!]! }')
  const after = schema('enum S { A C } type T { id: ID n: String s: S } type Query { list(s: S, t: Int!): [T!]! }')
  expect(await told(before, after)).toEqual([
    'BREAKING INPUT_VALUES_REMOVED list s: B → -',
    'BREAKING INPUT_REQUIRED list t: - → Int',
    'BREAKING PROPERTY_TYPE list n: Int? → String?',
    'RISK PROPERTY_OPTIONAL list id: always there → may be missing',
    'RISK VALUES_ADDED list s: - → C',
    'HARMLESS INPUT_VALUES_ADDED list s: - → C',
    'HARMLESS VALUES_REMOVED list s: B → -',
  ])
})
