import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'

/*
 * Three systems that answer one page of 50 customers with bytes made beforehand, in a process of their own, so that the
 * gateway's CPU is measured and nothing else. argv: the sample OA's WSDL.
 */
const customers = 50
const code = (index: number): string => `C${String(index + 1).padStart(5, '0')}`
const all = Array.from({ length: customers }, (_, index) => index)

const crm = JSON.stringify({
  items: all.map(index => ({
    customerNo: code(index),
    name: `华信客户第 ${index} 有限公司`,
    shortName: `客户${index}`,
    industry: '机械',
    region: '华东',
    level: 'A',
    phone: `1380000${String(index).padStart(4, '0')}`,
    email: `c${index}@example.com`,
    address: '上海市',
    ownerId: 'U-1001',
    ownerDepartment: 'sales-1',
    status: 'ACTIVE',
    createdAt: '2025-01-01T09:00:00+08:00',
    updatedAt: '2026-01-01T09:00:00+08:00',
    lastContactAt: '2026-01-01T09:00:00+08:00',
  })),
  total: 400,
})
const batch = JSON.stringify({
  responses: all.map(index => ({
    id: String(index),
    status: 200,
    headers: {},
    body: {
      value: [0, 1, 2, 3, 4].map(order => ({
        SalesOrder: `SO-2026-${index}${order}`,
        BusinessPartner: code(index),
        PartnerName: `华信客户第 ${index} 有限公司`,
        OrderDate: '2026-01-02',
        RequestedDeliveryDate: '2026-03-01',
        NetAmount: `${1000 + order}.50`,
        Currency: 'CNY',
        Status: 'A',
        DeliveryStatus: 'OPEN',
        ProgressPercent: 10,
        SalesPerson: '00017',
      })),
    },
  })),
})
const partners = JSON.stringify({
  value: all.map(index => ({ BusinessPartner: code(index), CreditLimit: '500000.00' })),
})
const open = JSON.stringify({
  value: all.map(index => ({
    BusinessPartner: code(index),
    Currency: 'CNY',
    Sum_open: `${index}00.25`,
    Sum_invoices: 3,
  })),
})
const overdue = JSON.stringify({
  value: all.map(index => ({ BusinessPartner: code(index), Currency: 'CNY', Sum_overdue: `${index}0.25` })),
})
const contract = (index: number, number: number): string =>
  `<contracts><contractNo>HT-${index}-${number}</contractNo><custId>${code(index)}</custId><custName>华信客户第 ${index} 有限公司</custName><title>年度合同</title><amount>100000.00</amount><currency>CNY</currency><signedOn>2026-01-01</signedOn><validFrom>2026-01-01</validFrom><validTo>2026-12-31</validTo><state>SIGNED</state><ownerId>lina</ownerId></contracts>`
const oa = `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><ListContractsResponse xmlns="urn:huaxin:oa:v1"><total>150</total>${all.flatMap(index => [0, 1, 2].map(number => contract(index, number))).join('')}</ListContractsResponse></soap:Body></soap:Envelope>`

const property = (name: string, type: string): string => `<Property Name="${name}" Type="Edm.${type}"/>`
const entity = (name: string, key: string, properties: string[]): string =>
  `<EntityType Name="${name}"><Key><PropertyRef Name="${key}"/></Key>${properties.join('')}</EntityType>`
const strings = (...names: string[]): string[] => names.map(name => property(name, 'String'))
const metadata = `<?xml version="1.0"?><edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices><Schema Namespace="B" xmlns="http://docs.oasis-open.org/odata/ns/edm">${[
  entity('P', 'BusinessPartner', [...strings('BusinessPartner', 'SalesPerson'), property('CreditLimit', 'Decimal')]),
  entity('O', 'SalesOrder', [
    ...strings('SalesOrder', 'BusinessPartner', 'PartnerName', 'Currency', 'Status', 'DeliveryStatus', 'SalesPerson'),
    property('OrderDate', 'Date'),
    property('RequestedDeliveryDate', 'Date'),
    property('NetAmount', 'Decimal'),
    property('ProgressPercent', 'Int32'),
  ]),
  entity('I', 'Invoice', [
    ...strings('Invoice', 'BusinessPartner', 'Currency', 'SalesPerson'),
    property('OpenAmount', 'Decimal'),
    property('DueDate', 'Date'),
  ]),
].join(
  '',
)}<EntityContainer Name="C"><EntitySet Name="BusinessPartners" EntityType="B.P"/><EntitySet Name="SalesOrders" EntityType="B.O"/><EntitySet Name="Invoices" EntityType="B.I"/></EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`

const query = (name: string): object => ({ name, in: 'query', schema: { type: 'string' } })
const text = { type: 'string' }
const row = Object.fromEntries(Object.keys(JSON.parse(crm).items[0]).map(name => [name, text]))
const openapi = JSON.stringify({
  openapi: '3.1.0',
  paths: {
    '/customers': {
      get: {
        operationId: 'listCustomers',
        parameters: ['customerNo', 'owner', 'q', 'offset', 'limit'].map(query),
        responses: {
          200: {
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: {
                    items: { type: 'array', items: { type: 'object', properties: row } },
                    total: { type: 'integer' },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
})

const wsdl = await readFile(process.argv[2] as string)
const bytes = Object.fromEntries(
  Object.entries({ crm, batch, partners, open, overdue, oa, metadata, openapi }).map(([name, value]) => [
    name,
    Buffer.from(value),
  ]),
) as Record<string, Buffer>

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    const url = decodeURIComponent(request.url ?? '')
    if (url.startsWith('/openapi.json')) return send(response, 'application/json', bytes.openapi)
    if (url.startsWith('/odata/$metadata')) return send(response, 'application/xml', bytes.metadata)
    if (url.startsWith('/oa?wsdl')) return send(response, 'text/xml', wsdl)
    if (url.startsWith('/oa')) return send(response, 'text/xml; charset=utf-8', bytes.oa)
    if (url.startsWith('/odata/$batch')) return send(response, 'application/json', bytes.batch)
    if (url.startsWith('/odata/BusinessPartners')) return send(response, 'application/json', bytes.partners)
    if (url.includes('Sum_overdue')) return send(response, 'application/json', bytes.overdue)
    if (url.startsWith('/odata/Invoices')) return send(response, 'application/json', bytes.open)
    return send(response, 'application/json', bytes.crm)
  })
})
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as { port: number }).port))
process.on('disconnect', () => process.exit(0))

function send(response: ServerResponse, type: string, body: Buffer | undefined): void {
  response.writeHead(200, { 'content-type': type, 'content-length': String(body?.length ?? 0) }).end(body)
}
