import { describe, expect, test } from 'vitest'
import type { UpstreamError } from '../types.ts'
import type { HttpAnswer } from './protocol.ts'
import { describeSoap } from './soap.ts'

const wsdl = `<?xml version="1.0"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t">
  <types><x:schema targetNamespace="urn:t" elementFormDefault="qualified">
    <x:simpleType name="State"><x:restriction base="x:string"><x:enumeration value="OPEN"/><x:enumeration value="DONE"/></x:restriction></x:simpleType>
    <x:complexType name="Base"><x:sequence><x:element name="id" type="x:string"/></x:sequence></x:complexType>
    <x:complexType name="Item"><x:complexContent><x:extension base="t:Base"><x:sequence>
      <x:element name="amount" type="x:decimal" minOccurs="0"/><x:element name="count" type="x:int"/><x:element name="paid" type="x:boolean"/>
      <x:element name="notes" type="x:string" minOccurs="0" maxOccurs="unbounded"/><x:element name="parts" type="t:Item" minOccurs="0" maxOccurs="unbounded"/>
    </x:sequence></x:extension></x:complexContent></x:complexType>
    <x:element name="ListItems"><x:complexType><x:sequence><x:element name="ids" type="x:string" minOccurs="0" maxOccurs="unbounded"/><x:element name="state" type="t:State" minOccurs="0"/><x:element name="limit" type="x:int"/></x:sequence></x:complexType></x:element>
    <x:element name="ListItemsResponse"><x:complexType><x:sequence><x:element name="total" type="x:int"/><x:element name="items" type="t:Item" minOccurs="0" maxOccurs="unbounded"/></x:sequence></x:complexType></x:element>
  </x:schema></types>
  <message name="In"><part name="p" element="t:ListItems"/></message><message name="Out"><part name="p" element="t:ListItemsResponse"/></message>
  <portType name="P"><operation name="ListItems"><input message="t:In"/><output message="t:Out"/></operation></portType>
  <binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/><operation name="ListItems"><s:operation soapAction="urn:t#list"/></operation></binding>
  <service name="S"><port name="P" binding="t:B"><s:address location="http://oa/service"/></port></service>
</definitions>`

const oa = describeSoap(wsdl, {
  id: 'oa',
  endpoint: undefined,
  documentUrl: undefined,
  typeTag: undefined,
  jsonrpc: '2.0' as const,
})
const answer = (body: string, more: Partial<HttpAnswer> = {}): HttpAnswer => ({
  status: 200,
  contentType: 'text/xml; charset=utf-8',
  body,
  ...more,
})
const envelope = (inner: string): string =>
  `<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><e:Header/><e:Body>${inner}</e:Body></e:Envelope>`
const fault = (code: string, detail = ''): string =>
  envelope(`<e:Fault><faultcode>${code}</faultcode><faultstring>no</faultstring>${detail}</e:Fault>`)
const thrown = (work: () => unknown): UpstreamError => {
  try {
    work()
  } catch (error) {
    return error as UpstreamError
  }
  throw new Error('it succeeded')
}

describe('requests', () => {
  test('the envelope follows the order and namespaces of the schema, whatever the order of the input', () => {
    const call = oa.encode('ListItems', { limit: 5, state: 'OPEN', ids: ['a', 'b'] })
    expect(call).toMatchObject({ method: 'POST', url: 'http://oa/service', headers: { soapaction: '"urn:t#list"' } })
    expect(call.body).toContain(
      '<ListItems xmlns="urn:t"><ids>a</ids><ids>b</ids><state>OPEN</state><limit>5</limit></ListItems>',
    )
  })

  test('text cannot become markup, and characters that XML cannot hold are left out', () => {
    expect(oa.encode('ListItems', { limit: 1, ids: ['</ids><x a="&">\u0000\u0007'] }).body).toContain(
      '<ids>&#60;/ids&#62;&#60;x a=&#34;&#38;&#34;&#62;</ids>',
    )
  })

  test('an input that the schema does not have, lacks or does not permit is refused by name', () => {
    expect(() => oa.encode('ListItems', { limit: 1, all: true })).toThrow('oa.ListItems takes no all')
    expect(() => oa.encode('ListItems', {})).toThrow('oa.ListItems needs limit')
    expect(() => oa.encode('ListItems', { limit: 1, state: 'LOST' })).toThrow('state is one of OPEN, DONE, not LOST')
    expect(() => oa.encode('DropItems', {})).toThrow('oa has no operation DropItems')
  })
})

describe('answers', () => {
  test('decimals stay text, lists are lists even with one entry or none, what is absent or nil is null', () => {
    const body = envelope(
      '<t:ListItemsResponse xmlns:t="urn:t"><t:total>2</t:total><t:items><t:id>1 &amp; 2</t:id><t:amount>12345678901234567.10</t:amount><t:count>007</t:count><t:paid>1</t:paid><t:notes> a </t:notes><t:parts><t:id>p</t:id><t:count>1</t:count><t:paid>false</t:paid></t:parts></t:items><t:items><t:id><![CDATA[<x>]]></t:id><t:amount i:nil="true"/><t:count/><t:paid>true</t:paid></t:items></t:ListItemsResponse>',
    )
    expect(oa.decode('ListItems', answer(body))).toEqual({
      total: 2,
      items: [
        {
          id: '1 & 2',
          amount: '12345678901234567.10',
          count: 7,
          paid: true,
          notes: [' a '],
          parts: [{ id: 'p', amount: null, count: 1, paid: false, notes: [], parts: [] }],
        },
        { id: '<x>', amount: null, count: null, paid: true, notes: [], parts: [] },
      ],
    })
    expect(
      oa.decode('ListItems', answer(envelope('<ListItemsResponse xmlns="urn:t"><total>0</total></ListItemsResponse>'))),
    ).toEqual({ total: 0, items: [] })
  })

  test('a Client fault is a refusal with its reason, any other fault an outage without', () => {
    const detail =
      '<detail><o:oaFault xmlns:o="urn:t"><o:code>oa:Forbidden</o:code><o:message>不是你的审批</o:message></o:oaFault></detail>'
    expect(thrown(() => oa.decode('ListItems', answer(fault('e:Client', detail), { status: 500 })))).toMatchObject({
      code: 'UPSTREAM_REFUSED',
      outcome: 'refused',
      reasonCode: 'oa:Forbidden',
      reason: '不是你的审批',
      retryable: false,
    })
    const outage = thrown(() => oa.decode('ListItems', answer(fault('e:Server', detail), { status: 500 })))
    expect(outage).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', outcome: 'unknown', retryable: true })
    expect(outage.reason).toBeUndefined()
    expect(thrown(() => oa.decode('ListItems', answer(fault('e:Client'), { status: 401 }))).code).toBe(
      'UPSTREAM_UNAUTHENTICATED',
    )
  })

  test.each([
    ['HTML', answer('<html><body>login</body></html>', { contentType: 'text/html' })],
    [
      'half an envelope',
      answer(envelope('<ListItemsResponse xmlns="urn:t"><total>2</total><items><id>1</id>').slice(0, -40)),
    ],
    ['another document', answer('<e:Envelope xmlns:e="x"></e:Envelope>')],
    ['another response', answer(envelope('<OtherResponse/>'))],
    ['nothing', answer('')],
    ['attachments', answer('--b', { contentType: 'multipart/related; type="application/xop+xml"; boundary=b' })],
  ])('%s is a bad answer, not an empty list', (_name, given) => {
    expect(thrown(() => oa.decode('ListItems', given))).toMatchObject({
      code: 'UPSTREAM_BAD_ANSWER',
      outcome: 'unknown',
      retryable: false,
    })
  })

  test('a document type is refused, with the entities it declares', () => {
    const bomb = `<!DOCTYPE x [<!ENTITY a "${'b'.repeat(1000)}">]>`
    const body = envelope(
      '<ListItemsResponse xmlns="urn:t"><total>0</total><items><id>&a;</id><count>1</count><paid>true</paid></items></ListItemsResponse>',
    ).replace('<e:Envelope', `${bomb}<e:Envelope`)
    expect(thrown(() => oa.decode('ListItems', answer(body)))).toMatchObject({ code: 'UPSTREAM_BAD_ANSWER' })
  })
})

test('a WSDL that cannot be read says why', () => {
  const site = { id: 'oa', endpoint: undefined, documentUrl: undefined, typeTag: undefined, jsonrpc: '2.0' } as const
  expect(() => describeSoap('<html/>', site)).toThrow('oa: the WSDL has no definitions')
  const used = wsdl.replace(
    'soapAction="urn:t#list"/>',
    'soapAction="urn:t#list"/><input><s:body use="encoded"/></input>',
  )
  expect(() => describeSoap(used, site)).toThrow('no operation that is read: ListItems uses SOAP encoding')
  const attached = wsdl
    .replace('<definitions ', '<definitions xmlns:mime="http://schemas.xmlsoap.org/wsdl/mime/" ')
    .replace(
      'soapAction="urn:t#list"/>',
      'soapAction="urn:t#list"/><output><mime:multipartRelated><mime:part/></mime:multipartRelated></output>',
    )
  expect(() => describeSoap(attached, site)).toThrow('ListItems takes or gives attachments, which are not read')
  expect(() =>
    describeSoap(
      wsdl.replace('<x:schema ', '<x:schema><x:import namespace="u" schemaLocation="other.xsd"/></x:schema><x:schema '),
      site,
    ),
  ).toThrow('refers to schemas outside itself')
})

test('text with attributes is its text, and a type made of a type made of a type is what the first is', () => {
  const odd = wsdl
    .replace(
      '<x:complexType name="Base">',
      `<x:simpleType name="Money"><x:restriction base="x:decimal"/></x:simpleType><x:simpleType name="Price"><x:restriction base="t:Money"/></x:simpleType>
       <x:complexType name="Priced"><x:simpleContent><x:extension base="t:Price"><x:attribute name="currency"/></x:extension></x:simpleContent></x:complexType><x:complexType name="Base">`,
    )
    .replace('name="amount" type="x:decimal"', 'name="amount" type="t:Priced"')
  const site = { id: 'oa', endpoint: undefined, documentUrl: undefined, typeTag: undefined, jsonrpc: '2.0' } as const
  const body = envelope(
    '<ListItemsResponse xmlns="urn:t"><total>1</total><items><id>1</id><amount currency="CNY"> 12.50 </amount><count>1</count><paid>true</paid></items></ListItemsResponse>',
  )
  expect(describeSoap(odd, site).decode('ListItems', answer(body))).toMatchObject({ items: [{ amount: '12.50' }] })
})
