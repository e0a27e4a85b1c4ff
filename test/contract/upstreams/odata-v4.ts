import { startServer } from '../../../gateway/src/systems/testing/server.ts'
import type { Adapter } from '../adapters.ts'
import type { Source } from '../source.ts'
import { askedOf } from './odata-address.ts'

const property = (name: string, type: string): string => `<Property Name="${name}" Type="Edm.${type}"/>`
const metadata = `<?xml version="1.0"?><edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices><Schema Namespace="N" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EntityType Name="Thing"><Key><PropertyRef Name="id"/></Key>${property('id', 'String')}${property('group', 'String')}${property('name', 'String')}${property('amount', 'Decimal')}${property('big', 'Int64')}${property('at', 'DateTimeOffset')}</EntityType>
<EntityContainer Name="C"><EntitySet Name="Things" EntityType="N.Thing"/></EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`

/** OData v4 that ignores IEEE754Compatible and answers numbers; batches in JSON. */
export const odataV4: Adapter = {
  name: 'odata v4',
  errors: [{ status: 200, body: '{"error":{"code":"X","message":"no"}}' }],
  pages: true,
  batches: true,
  async start(source) {
    return await startServer(({ path, rawPath, method, body }, response) => {
      if (path.startsWith('/$metadata'))
        return void response.writeHead(200, { 'content-type': 'application/xml' }).end(metadata)
      if (method !== 'POST') return numbers(pageOf(source, rawPath))
      const { requests } = JSON.parse(body) as { requests: { id: string; url: string }[] }
      const responses = requests.map(({ id, url }) => ({ id, status: 200, body: pageOf(source, `/${url}`) }))
      numbers({ responses: source.spoilBatch(responses) })

      function numbers(value: unknown): void {
        const text = JSON.stringify(value).replace(/"(amount|big)":"([-\d.]+)"/g, '"$1":$2')
        response.writeHead(200, { 'content-type': 'application/json;odata.metadata=minimal' }).end(text)
      }
    })
  },
  definition: url => ({ protocol: 'odata', document: `${url}/$metadata`, endpoint: url }),
  entity: { operation: 'read:Things', each: true, filter: { id: 'id', group: 'group' } },
  answer: rows => JSON.stringify({ value: rows }),
}

function pageOf(source: Source, address: string): object {
  const { asked, from, count } = askedOf(address)
  const size = Math.min(asked.limit - from, source.pageSize)
  const { rows, total } = source.find({ ...asked, offset: asked.offset + from, limit: size })
  const more = from + size < Math.min(asked.limit, total - asked.offset)
  const plain = address.replace(/&\$skiptoken=\d+/, '').slice(1)
  return {
    ...(count && { '@odata.count': total }),
    value: rows,
    ...(more && { '@odata.nextLink': `${plain}&$skiptoken=${from + size}` }),
  }
}
