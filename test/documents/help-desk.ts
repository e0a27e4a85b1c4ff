import { buildSchema, introspectionFromSchema } from 'graphql'
import type { SystemDefinition } from '../../gateway/src/systems/configuration.ts'

/** A help desk as it would describe itself in each protocol. */

const properties = ['no', 'subject', 'state', 'agentId', 'customerNo', 'openedAt', 'dueAt', 'cost', 'currency', 'phone']
const inputs = ['no', 'q', 'agent', 'customerNo']
const object = (own: Record<string, unknown>) => ({ type: 'object', properties: own })
const ticket = object({
  ...Object.fromEntries(properties.map(name => [name, { type: 'string' }])),
  hours: { type: 'number' },
})
const page = object({ items: { type: 'array', items: ticket }, total: { type: 'integer' } })
const parameters = [...inputs, 'offset', 'limit'].map(name => ({ name, in: 'query' }))

const openapi = {
  openapi: '3.1.0',
  servers: [{ url: 'https://desk.example.com' }],
  paths: {
    '/tickets': {
      get: {
        operationId: 'listTickets',
        parameters: parameters.map(one => ({ ...one, schema: { type: 'string' } })),
        responses: { 200: { content: { 'application/json': { schema: page } } } },
      },
    },
  },
}
const swagger = {
  swagger: '2.0',
  host: 'desk.example.com',
  paths: {
    '/tickets': {
      get: {
        parameters: parameters.map(one => ({ ...one, type: 'string' })),
        responses: { 200: { schema: page } },
      },
    },
  },
}

const element = (name: string, type = 'x:string', more = 'minOccurs="0"'): string =>
  `<x:element name="${name}" type="${type}" ${more}/>`
const many = 'minOccurs="0" maxOccurs="unbounded"'
const wsdl = `<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t">
<types><x:schema targetNamespace="urn:t" elementFormDefault="qualified">
<x:complexType name="Ticket"><x:sequence>${[...properties, 'hours'].map(name => element(name)).join('')}</x:sequence></x:complexType>
<x:element name="ListTickets"><x:complexType><x:sequence>${element('numbers', 'x:string', many)}${element('agentIds', 'x:string', many)}${element('offset', 'x:int')}${element('limit', 'x:int')}</x:sequence></x:complexType></x:element>
<x:element name="ListTicketsResponse"><x:complexType><x:sequence>${element('total', 'x:int')}${element('tickets', 't:Ticket', many)}</x:sequence></x:complexType></x:element>
</x:schema></types>
<message name="In"><part name="p" element="t:ListTickets"/></message><message name="Out"><part name="p" element="t:ListTicketsResponse"/></message>
<portType name="P"><operation name="ListTickets"><input message="t:In"/><output message="t:Out"/></operation></portType>
<binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/><operation name="ListTickets"><s:operation soapAction="list"/><input><s:body use="literal"/></input><output><s:body use="literal"/></output></operation></binding>
<service name="S"><port name="P" binding="t:B"><s:address location="https://desk.example.com/services/desk"/></port></service>
</definitions>`

const csdl = `<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="D" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EntityType Name="Ticket"><Key><PropertyRef Name="no"/></Key>
${properties.map(name => `<Property Name="${name}" Type="${name.endsWith('At') ? 'Edm.DateTimeOffset' : 'Edm.String'}"/>`).join('')}<Property Name="hours" Type="Edm.Decimal"/></EntityType>
<EntityContainer Name="C"><EntitySet Name="Tickets" EntityType="D.Ticket"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>`

const graphql = {
  data: introspectionFromSchema(
    buildSchema(`
      type Query { tickets(numbers: [ID!], agents: [ID!], skip: Int, first: Int): Page }
      type Page { nodes: [Ticket!]! totalCount: Int }
      type Ticket { ${properties.map(name => `${name}: String`).join(' ')} hours: Float }`),
  ),
}

const catalog = {
  server: 'postgresql',
  schema: 'public',
  tables: [
    {
      schema: 'public',
      name: 'tickets',
      view: false,
      columns: [
        ...properties.map(name => ({ name, type: 'text', kind: 'text' })),
        { name: 'hours', type: 'numeric', kind: 'decimal' },
      ],
      key: ['no'],
    },
  ],
}

const files = { tables: { tickets: [...properties, 'hours'] } }

/** What the system says of itself; undefined where the example is not about how it is spoken to. */
export function descriptions({ protocol, document }: SystemDefinition): string | undefined {
  switch (protocol) {
    case 'openapi':
      return document && JSON.stringify(document.endsWith('swagger.json') ? swagger : openapi)
    case 'soap':
      return wsdl
    case 'odata':
      return csdl
    case 'graphql':
      return JSON.stringify(graphql)
    case 'sql':
      return JSON.stringify(catalog)
    case 'files':
      return JSON.stringify(files)
    case 'json-rpc':
    case 'rest':
      return ''
  }
}
