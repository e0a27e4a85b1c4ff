import { json, startServer, type TestServer } from '../../gateway/src/systems/testing/server.ts'
import { addMoney } from './money.ts'
import { parseFilter } from './odata-filter.ts'
import type { SystemId, World } from './world.ts'

type Row = Record<string, unknown>

/** What the systems hold and how they are at the moment; a test puts its own in. */
export interface Stage {
  world: World
  /** systems that answer 503 */
  down: Set<SystemId>
}

/**
 * Three systems that show everything they have to whoever asks: nothing but the gateway stands between a person and what
 * they may not see.
 */
export async function startUpstreams(stage: Stage): Promise<Record<SystemId, TestServer>> {
  const crm = await startServer((request, response) => {
    if (stage.down.has('crm')) return json(response, { title: 'away' }, 503)
    const { searchParams: query, pathname } = new URL(request.rawPath, 'http://s')
    if (request.method !== 'GET') return json(response, {})
    const { customers, contacts } = stage.world
    if (pathname === '/contacts')
      return json(response, page(sifted(contacts, query, ['customerNo', 'contactId']), query))
    const text = query.get('q')
    const least = query.get('minScore')
    let rows: Row[] = sifted(customers, query, ['customerNo', 'ownerId', 'level'])
    if (text !== null)
      rows = rows.filter(row => String(row.name).includes(text) || String(row.customerNo).includes(text))
    if (least !== null) rows = rows.filter(row => Number(row.score) >= Number(least))
    if (query.get('sort') === '-score') rows = rows.toSorted((a, b) => Number(b.score) - Number(a.score))
    json(response, page(rows, query))
  })
  const oa = await startServer((request, response) => {
    if (stage.down.has('oa')) return json(response, { title: 'away' }, 503)
    const { searchParams: query } = new URL(request.rawPath, 'http://s')
    json(response, page(sifted(stage.world.approvals, query, ['approvalId', 'requesterId', 'assigneeId']), query))
  })
  const erp = await startServer((request, response) => {
    if (stage.down.has('erp')) return json(response, { error: { code: 'AWAY', message: 'away' } }, 503)
    const { pathname } = new URL(request.rawPath, 'http://s')
    if (pathname === '/$metadata')
      return void response.writeHead(200, { 'content-type': 'application/xml' }).end(metadata)
    if (pathname !== '/$batch') return json(response, entitySet(stage.world, request.rawPath))
    const { requests } = JSON.parse(request.body) as { requests: { id: string; url: string }[] }
    const responses = requests.map(({ id, url }) => ({ id, status: 200, body: entitySet(stage.world, `/${url}`) }))
    json(response, { responses })
  })
  return { crm, erp, oa }
}

function sifted(rows: readonly Row[], query: URLSearchParams, names: string[]): Row[] {
  return names.reduce<Row[]>(
    (left, name) => {
      const wanted = query.get(name)?.split(',')
      return wanted ? left.filter(row => wanted.includes(String(row[name]))) : left
    },
    [...rows],
  )
}

function page(rows: readonly Row[], query: URLSearchParams): object {
  const from = Number(query.get('offset') ?? 0)
  return { items: rows.slice(from, from + Number(query.get('limit') ?? 100)), total: rows.length }
}

function entitySet(world: World, address: string): object {
  const { pathname, searchParams: query } = new URL(address, 'http://s')
  const sets: Record<string, Row[]> = {
    '/Partners': world.partners,
    '/Orders': world.orders,
    '/Invoices': world.invoices,
    '/Products': [],
  }
  const rows = sets[pathname]
  if (!rows) throw new Error(`there is no ${pathname}`)
  const apply = query.get('$apply')
  if (apply) return { value: grouped(rows, apply) }
  const filter = query.get('$filter')
  const found = filter ? rows.filter(parseFilter(filter)) : rows
  const from = Number(query.get('$skip') ?? 0)
  return { '@odata.count': found.length, value: found.slice(from, from + Number(query.get('$top') ?? 100)) }
}

/** `filter(…)/groupby((A,B),aggregate(X with sum as Y,$count as Z))` */
function grouped(rows: readonly Row[], apply: string): Row[] {
  const [, filter, by = '', aggregate = ''] =
    /^(?:filter\((.*)\)\/)?groupby\(\(([^)]*)\),aggregate\((.*)\)\)$/.exec(apply) ?? []
  const found = filter ? rows.filter(parseFilter(filter)) : rows
  const names = by.split(',')
  const groups = Map.groupBy(found, row => names.map(name => row[name]).join('\n'))
  return [...groups.values()].map(group => {
    const result: Row = Object.fromEntries(names.map(name => [name, group[0]?.[name]]))
    for (const part of aggregate.split(',')) {
      const [, property, name] = /^(\S+) with sum as (\S+)$/.exec(part) ?? []
      const count = /^\$count as (\S+)$/.exec(part)?.[1]
      if (name && property) result[name] = addMoney(group.map(row => String(row[property])))
      if (count) result[count] = group.length
    }
    return result
  })
}

const property = (name: string): string => {
  const type = /Amount|Margin|Limit/.test(name) ? 'Decimal' : 'String'
  return `<Property Name="${name}" Type="Edm.${type}"/>`
}
const entity = (name: string, key: string, more: string[]): string =>
  `<EntityType Name="${name}"><Key><PropertyRef Name="${key}"/></Key>${[key, ...more].map(property).join('')}</EntityType>`
const metadata = `<?xml version="1.0"?><edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices><Schema Namespace="N" xmlns="http://docs.oasis-open.org/odata/ns/edm">
${entity('Partner', 'BusinessPartner', ['CreditLimit', 'SalesPerson'])}
${entity('Order', 'SalesOrder', ['BusinessPartner', 'NetAmount', 'Margin', 'Status', 'SalesPerson'])}
${entity('Invoice', 'Invoice', ['BusinessPartner', 'OpenAmount', 'Currency', 'SalesPerson'])}
${entity('Product', 'Product', [])}
<EntityContainer Name="C">${['Partner', 'Order', 'Invoice', 'Product'].map(name => `<EntitySet Name="${name}s" EntityType="N.${name}"/>`).join('')}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`

const list = (operationId: string, parameters: string[], properties: string[]): object => ({
  get: {
    operationId,
    parameters: [...parameters, 'offset', 'limit', 'sort'].map(name => ({ name, in: 'query' })),
    responses: {
      200: {
        content: {
          'application/json': {
            schema: {
              type: 'object',
              properties: {
                items: {
                  type: 'array',
                  items: { type: 'object', properties: Object.fromEntries(properties.map(name => [name, {}])) },
                },
              },
            },
          },
        },
      },
    },
  },
})

/** The OpenAPI documents of the two systems that have one. */
export const documents = {
  crm: {
    openapi: '3.1.0',
    paths: {
      '/customers': list(
        'listCustomers',
        ['customerNo', 'ownerId', 'q', 'level', 'minScore'],
        ['customerNo', 'name', 'level', 'phone', 'email', 'note', 'score', 'ownerId'],
      ),
      '/contacts': list('listContacts', ['customerNo', 'contactId'], ['contactId', 'customerNo', 'name', 'mobile']),
      '/rename': {
        post: {
          operationId: 'renameCustomer',
          requestBody: {
            content: { 'application/json': { schema: { properties: { customerNo: {}, name: {} } } } },
          },
          responses: { 200: { content: { 'application/json': { schema: {} } } } },
        },
      },
    },
  },
  oa: {
    openapi: '3.1.0',
    paths: {
      '/approvals': list(
        'listApprovals',
        ['approvalId', 'requesterId', 'assigneeId'],
        ['approvalId', 'title', 'amount', 'requesterId', 'assigneeId', 'custId', 'steps'],
      ),
    },
  },
}
