import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listen } from 'soap'
import type { Adapter } from '../adapters.ts'
import type { Thing } from '../source.ts'

const element = (name: string, type: string, more = ''): string =>
  `<x:element name="${name}" type="x:${type}" ${more}/>`
const wsdl = (url: string): string => `<?xml version="1.0"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:s="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t">
  <types><x:schema targetNamespace="urn:t" elementFormDefault="qualified">
    <x:complexType name="Thing"><x:sequence>${element('id', 'string')}${element('group', 'string')}${element('name', 'string')}${element('amount', 'decimal')}${element('big', 'long')}${element('at', 'dateTime')}</x:sequence></x:complexType>
    <x:element name="ListThings"><x:complexType><x:sequence>${element('ids', 'string', 'minOccurs="0" maxOccurs="unbounded"')}${element('groups', 'string', 'minOccurs="0" maxOccurs="unbounded"')}${element('offset', 'int')}${element('limit', 'int')}</x:sequence></x:complexType></x:element>
    <x:element name="ListThingsResponse"><x:complexType><x:sequence>${element('total', 'int')}<x:element name="things" type="t:Thing" minOccurs="0" maxOccurs="unbounded"/></x:sequence></x:complexType></x:element>
  </x:schema></types>
  <message name="In"><part name="p" element="t:ListThings"/></message><message name="Out"><part name="p" element="t:ListThingsResponse"/></message>
  <portType name="P"><operation name="ListThings"><input message="t:In"/><output message="t:Out"/></operation></portType>
  <binding name="B" type="t:P"><s:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/><operation name="ListThings"><s:operation soapAction="urn:t#list"/><input><s:body use="literal"/></input><output><s:body use="literal"/></output></operation></binding>
  <service name="S"><port name="P" binding="t:B"><s:address location="${url}/soap"/></port></service>
</definitions>`

const envelope = (body: string): string =>
  `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>${body}</e:Body></e:Envelope>`

interface Asked {
  ids?: string | string[]
  groups?: string | string[]
  offset: number
  limit: number
}

/** SOAP 1.1 document/literal, served by a foreign library. */
export const soap: Adapter = {
  name: 'soap',
  wire: 'xml',
  errors: [
    {
      status: 200,
      body: envelope('<e:Fault><faultcode>e:Server</faultcode><faultstring>ORA-00942</faultstring></e:Fault>'),
    },
    { status: 200, body: envelope('<OtherResponse xmlns="urn:t"/>') },
  ],
  typed: true,
  async start(source) {
    const server = createServer((_request, response) => response.writeHead(404).end())
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const ListThings = ({ ids, groups, offset, limit }: Asked): { total: number; things: Thing[] } => {
      const { rows, total } = source.find({
        field: ids ? 'id' : groups ? 'group' : undefined,
        values: [ids ?? groups ?? []].flat(),
        offset: Number(offset),
        limit: Number(limit),
      })
      return { total, things: rows as Thing[] }
    }
    listen(server, '/soap', { S: { P: { ListThings } } }, wsdl(url))
    return {
      url,
      async stop() {
        server.closeAllConnections()
        await new Promise(resolve => server.close(resolve))
      },
    }
  },
  definition: url => ({ protocol: 'soap', document: `${url}/soap?wsdl`, endpoint: `${url}/soap` }),
  entity: { operation: 'ListThings', rows: 'things', total: 'total', filter: { id: 'ids', group: 'groups' } },
  answer: () => envelope('<ListThingsResponse xmlns="urn:t"><total>0</total></ListThingsResponse>'),
}
