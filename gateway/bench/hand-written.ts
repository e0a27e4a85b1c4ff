import { makeExecutableSchema } from '@graphql-tools/schema'
import DataLoader from 'dataloader'
import { XMLParser } from 'fast-xml-parser'
import { createYoga } from 'graphql-yoga'
import { Pool } from 'undici'

/*
 * The peer: what a good engineer would write by hand for this one page, with DataLoader over the same calls to the same
 * systems. No permissions, no checks of values, no breaker.
 */
const typeDefs = /* GraphQL */ `
  type Query { customers(first: Int = 20): CustomerConnection }
  type CustomerConnection { totalCount: Int nodes: [Customer!]! }
  type Customer { code: ID! name: String phone: String level: String orders(first: Int = 10): [Order!] contracts: [Contract!] receivable: Receivable creditLimit: String }
  type Order { number: ID! netAmount: String currency: String status: OrderStatus orderDate: String }
  enum OrderStatus { OPEN IN_PRODUCTION SHIPPED INVOICED ON_HOLD }
  type Contract { number: ID! title: String amount: String state: String }
  type Receivable { open: String overdue: String currency: String invoices: Int }
`

type Row = Record<string, string | number>
interface Loaders {
  orders: DataLoader<string, Row[]>
  contracts: DataLoader<string, Row[]>
  receivable: DataLoader<string, Row>
  credit: DataLoader<string, string>
}

/** @param origin of the three systems */
export function handWrittenEndpoint(origin: string) {
  const pool = new Pool(origin, { connections: 24 })
  const xml = new XMLParser({
    removeNSPrefix: true,
    parseTagValue: false,
    jPath: false,
    isArray: name => name === 'contracts',
  })
  const headers = { authorization: 'Bearer token', accept: 'application/json' }
  const get = async (path: string): Promise<{ value: Row[] }> =>
    (await (await pool.request({ method: 'GET', path, headers })).body.json()) as { value: Row[] }
  const filterOf = (codes: readonly string[]): string =>
    `BusinessPartner in (${codes.map(code => `'${code}'`).join(',')})`

  const loaders = (): Loaders => ({
    orders: new DataLoader(async codes => {
      const requests = codes.map((code, id) => ({
        id: String(id),
        method: 'get',
        url: `SalesOrders?$filter=${encodeURIComponent(`BusinessPartner eq '${code}'`)}&$orderby=OrderDate desc&$top=5`,
      }))
      const answer = await pool.request({
        method: 'POST',
        path: '/odata/$batch',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ requests }),
      })
      const { responses } = (await answer.body.json()) as { responses: { id: string; body: { value: Row[] } }[] }
      const rows: Row[][] = []
      for (const { id, body } of responses) rows[Number(id)] = body.value
      return rows
    }),
    contracts: new DataLoader(async codes => {
      const body = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><ListContracts xmlns="urn:huaxin:oa:v1">${codes.map(code => `<custIds>${code}</custIds>`).join('')}<limit>200</limit></ListContracts></soap:Body></soap:Envelope>`
      const answer = await pool.request({
        method: 'POST',
        path: '/oa',
        headers: { authorization: 'Bearer token', 'content-type': 'text/xml', soapaction: '""' },
        body,
      })
      const parsed = xml.parse(await answer.body.text()) as {
        Envelope: { Body: { ListContractsResponse: { contracts?: Row[] } } }
      }
      const byCode = Map.groupBy(parsed.Envelope.Body.ListContractsResponse.contracts ?? [], row => String(row.custId))
      return codes.map(code => byCode.get(code) ?? [])
    }),
    receivable: new DataLoader(async codes => {
      const apply = (filter: string, aggregate: string): string =>
        `/odata/Invoices?$apply=${encodeURIComponent(`filter(${filterOf(codes)} and ${filter})/groupby((BusinessPartner,Currency),aggregate(${aggregate}))`)}`
      const [open, overdue] = await Promise.all([
        get(apply('OpenAmount gt 0', 'OpenAmount with sum as Sum_open,$count as Sum_invoices')),
        get(apply('OpenAmount gt 0 and DueDate lt 2026-11-20', 'OpenAmount with sum as Sum_overdue')),
      ])
      const late = new Map(overdue.value.map(row => [row.BusinessPartner, row]))
      const byCode = new Map(open.value.map(row => [row.BusinessPartner, { ...row, ...late.get(row.BusinessPartner) }]))
      return codes.map(code => byCode.get(code) as Row)
    }),
    credit: new DataLoader(async codes => {
      const { value } = await get(
        `/odata/BusinessPartners?$filter=${encodeURIComponent(filterOf(codes))}&$select=BusinessPartner,CreditLimit&$top=${codes.length}`,
      )
      const byCode = new Map(value.map(row => [row.BusinessPartner, String(row.CreditLimit)]))
      return codes.map(code => byCode.get(code) ?? '')
    }),
  })

  const statuses: Record<string, string> = { A: 'OPEN', B: 'IN_PRODUCTION', C: 'SHIPPED', D: 'INVOICED', H: 'ON_HOLD' }
  const resolvers = {
    Query: {
      customers: async (_: unknown, { first }: { first: number }) => {
        const answer = await pool.request({ method: 'GET', path: `/api/customers?offset=0&limit=${first}`, headers })
        const { items, total } = (await answer.body.json()) as { items: Row[]; total: number }
        return { totalCount: total, nodes: items }
      },
    },
    Customer: {
      code: (row: Row) => row.customerNo,
      orders: (row: Row, { first }: { first: number }, context: Loaders) =>
        context.orders.load(String(row.customerNo)).then(rows => rows.slice(0, first)),
      contracts: (row: Row, _: object, context: Loaders) => context.contracts.load(String(row.customerNo)),
      receivable: (row: Row, _: object, context: Loaders) => context.receivable.load(String(row.customerNo)),
      creditLimit: (row: Row, _: object, context: Loaders) => context.credit.load(String(row.customerNo)),
    },
    Order: {
      number: (row: Row) => row.SalesOrder,
      netAmount: (row: Row) => row.NetAmount,
      currency: (row: Row) => row.Currency,
      status: (row: Row) => statuses[String(row.Status)],
      orderDate: (row: Row) => row.OrderDate,
    },
    Contract: { number: (row: Row) => row.contractNo },
    Receivable: {
      open: (row: Row) => row.Sum_open,
      overdue: (row: Row) => row.Sum_overdue,
      currency: (row: Row) => row.Currency,
      invoices: (row: Row) => row.Sum_invoices,
    },
  }
  return createYoga({
    schema: makeExecutableSchema({ typeDefs, resolvers }),
    context: loaders,
    logging: false,
    graphiql: false,
  })
}
