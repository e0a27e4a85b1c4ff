import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listen } from 'soap'
import { afterEach, expect, test } from 'vitest'
import type { SystemDefinition } from '../../gateway/src/systems/configuration.ts'
import { parseSystems } from '../../gateway/src/systems/configuration.ts'
import { Connector } from '../../gateway/src/systems/connector.ts'
import type { Tokens } from '../../gateway/src/systems/types.ts'

// The styles and versions of SOAP, as a foreign library serves them.
interface Served {
  style: 'rpc' | 'document'
  version: '1.1' | '1.2'
}
const tokens: Tokens = { forPerson: async () => 't', forService: async () => 't', forget: () => {} }
let server: Server
let connector: Connector
afterEach(async () => {
  await connector.close()
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

function wsdl(url: string, { style, version }: Served): string {
  const soap = version === '1.1' ? 'http://schemas.xmlsoap.org/wsdl/soap/' : 'http://schemas.xmlsoap.org/wsdl/soap12/'
  const body = `<soapns:body use="literal" namespace="urn:t"/>`
  const parts =
    style === 'rpc'
      ? [
          '<part name="codes" type="t:Codes"/><part name="limit" type="x:int"/>',
          '<part name="result" type="t:Result"/>',
        ]
      : ['<part name="p" element="t:ListThings"/>', '<part name="p" element="t:ListThingsResponse"/>']
  return `<?xml version="1.0"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soapns="${soap}" xmlns:http="http://schemas.xmlsoap.org/wsdl/http/" xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t">
  <types><x:schema targetNamespace="urn:t" elementFormDefault="qualified">
    <x:complexType name="Codes"><x:sequence><x:element name="code" type="x:string" minOccurs="0" maxOccurs="unbounded"/></x:sequence></x:complexType>
    <x:complexType name="Thing"><x:sequence><x:element name="id" type="x:string"/><x:element name="amount" type="x:decimal"/></x:sequence></x:complexType>
    <x:complexType name="Result"><x:sequence><x:element name="total" type="x:int"/><x:element name="thing" type="t:Thing" minOccurs="0" maxOccurs="unbounded"/></x:sequence></x:complexType>
    <x:element name="ListThings"><x:complexType><x:sequence><x:element name="codes" type="t:Codes"/><x:element name="limit" type="x:int"/></x:sequence></x:complexType></x:element>
    <x:element name="ListThingsResponse"><x:complexType><x:sequence><x:element name="result" type="t:Result"/></x:sequence></x:complexType></x:element>
  </x:schema></types>
  <message name="In">${parts[0]}</message><message name="Out">${parts[1]}</message><message name="Get"><part name="q" type="x:string"/></message>
  <portType name="G"><operation name="ListThings"><input message="t:Get"/><output message="t:Get"/></operation></portType>
  <portType name="P"><operation name="ListThings"><input message="t:In"/><output message="t:Out"/></operation></portType>
  <binding name="B" type="t:P"><soapns:binding style="${style}" transport="http://schemas.xmlsoap.org/soap/http"/><operation name="ListThings"><soapns:operation soapAction="urn:t#list"/><input>${body}</input><output>${body}</output></operation></binding>
  <service name="S"><port name="P" binding="t:B"><soapns:address location="${url}/soap"/></port></service>
</definitions>`
}

/** A WSDL as .NET writes it: plain HTTP beside SOAP. */
function withHttp(text: string): string {
  return text.replace(
    '<binding name="B"',
    '<binding name="H" type="t:G"><http:binding verb="GET"/><operation name="ListThings"><http:operation location="/ListThings"/></operation></binding><binding name="B"',
  )
}

/** @returns the content types of the calls */
async function serve(kind: Served): Promise<string[]> {
  server = createServer((_request, response) => response.writeHead(404).end())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const types: string[] = []
  const ListThings = (input: { codes?: { code?: string | string[] } | null; limit: number }): object => {
    const codes = [input.codes?.code ?? []].flat()
    if (codes.includes('refuse')) {
      const words = { Code: { Value: 'soap:Sender', Subcode: { Value: 't:Closed' } }, Reason: { Text: '已关闭' } }
      const fault = kind.version === '1.2' ? words : { faultcode: 'soap:Client', faultstring: '已关闭' }
      throw Object.assign(new Error('refused'), { Fault: { ...fault, statusCode: 500 } })
    }
    if (codes.includes('fail')) throw new Error('ORA-00942')
    const thing = codes.map(code => ({ id: code, amount: '12345678901234567.10' })).slice(0, Number(input.limit))
    return { result: { total: codes.length, thing } }
  }
  const soap = listen(server, {
    path: '/soap',
    services: { S: { P: { ListThings } } },
    xml: wsdl(url, kind),
    forceSoap12Headers: kind.version === '1.2',
  })
  soap.authorizeConnection = request => {
    types.push(String(request.headers['content-type']))
    return true
  }
  const file = parseSystems({
    company: { zone: 'UTC', currency: 'CNY' },
    systems: {
      s: {
        name: { zh: 'S', en: 'S' },
        url,
        protocol: 'soap',
        document: `${url}/soap?wsdl`,
        authentication: { kind: 'none' },
        limits: { retries: 0 },
      },
    },
  })
  connector = new Connector('s', file.systems.s as SystemDefinition, tokens, {
    onBreaker: () => {},
    onCall: () => {},
    onDescribed: () => {},
  })
  return types
}

const invoke = (input: Record<string, unknown>): Promise<unknown> =>
  connector.invoke('ListThings', input, { credential: { kind: 'service' }, deadline: Date.now() + 5000, safe: true })

test.each<Served>([
  { style: 'rpc', version: '1.1' },
  { style: 'rpc', version: '1.2' },
  { style: 'document', version: '1.2' },
])('$style/literal, SOAP $version: values, lists, faults', async kind => {
  const types = await serve(kind)
  expect(await invoke({ codes: { code: ['0012', '<&>'] }, limit: 5 })).toEqual({
    result: {
      total: 2,
      thing: [
        { id: '0012', amount: '12345678901234567.10' },
        { id: '<&>', amount: '12345678901234567.10' },
      ],
    },
  })
  expect(await invoke({ codes: { code: [] }, limit: 5 })).toEqual({ result: { total: 0, thing: [] } })
  expect(types.at(-1)).toBe(
    kind.version === '1.1' ? 'text/xml; charset=utf-8' : 'application/soap+xml; charset=utf-8; action="urn:t#list"',
  )
  await expect(invoke({ codes: { code: ['refuse'] }, limit: 1 })).rejects.toMatchObject({
    code: 'UPSTREAM_REFUSED',
    outcome: 'refused',
    reason: '已关闭',
    ...(kind.version === '1.2' && { reasonCode: 't:Closed' }),
  })
  const failed = (await invoke({ codes: { code: ['fail'] }, limit: 1 }).catch((error: unknown) => error)) as Error
  expect(failed).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', outcome: 'unknown' })
  await expect(invoke({ codes: { code: ['x'] }, limit: 1, nope: 1 })).rejects.toMatchObject({ outcome: 'not_sent' })
})

test('plain HTTP beside SOAP, as .NET describes it, is passed over', async () => {
  await serve({ style: 'document', version: '1.1' })
  const { readWsdl } = await import('../../gateway/src/systems/protocols/wsdl.ts')
  const read = readWsdl(withHttp(wsdl('http://s', { style: 'document', version: '1.2' })), 's')
  expect(read.version).toBe('1.2')
  expect(read.operations.get('ListThings')?.input.name).toBe('ListThings')
  expect(read.location).toBe('http://s/soap')
})
