import { json, startServer } from '../../../gateway/src/systems/testing/server.ts'
import type { Adapter } from '../adapters.ts'
import type { Source, Thing } from '../source.ts'
import { askedOf } from './odata-address.ts'

const property = (name: string, type: string): string => `<Property Name="${name}" Type="Edm.${type}"/>`
const metadata = `<?xml version="1.0"?><edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><edmx:DataServices m:DataServiceVersion="2.0"><Schema Namespace="N" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">
<EntityType Name="Thing"><Key><PropertyRef Name="id"/></Key>${property('id', 'String')}${property('group', 'String')}${property('name', 'String')}${property('amount', 'Decimal')}${property('big', 'Int64')}${property('at', 'DateTime')}</EntityType>
<EntityContainer Name="C" m:IsDefaultEntityContainer="true"><EntitySet Name="Things" EntityType="N.Thing"/></EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`

/** OData v2 as SAP Gateway answers it; batches are multipart, in the order of their reads. */
export const odataV2: Adapter = {
  name: 'odata v2',
  errors: [
    { status: 200, body: '{"error":{"code":"X","message":{"lang":"en","value":"no"}}}' },
    { status: 200, body: '{"d":{}}' },
  ],
  pages: true,
  batches: true,
  async start(source) {
    return await startServer(({ path, rawPath, method, body, headers }, response) => {
      if (path.startsWith('/$metadata'))
        return void response.writeHead(200, { 'content-type': 'application/xml' }).end(metadata)
      if (method !== 'POST') {
        const page = pageOf(source, `http://${headers.host}`, rawPath)
        return json(response, page)
      }
      const parts = [...body.matchAll(/^GET (\S+) HTTP\/1.1\r$/gm)].map(([, address]) => {
        const text = JSON.stringify(pageOf(source, `http://${headers.host}`, `/${address}`))
        return `--answer\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}\r\n`
      })
      response
        .writeHead(202, { 'content-type': 'multipart/mixed; boundary=answer' })
        .end(`${source.spoilBatch(parts).join('')}--answer--\r\n`)
    })
  },
  definition: url => ({ protocol: 'odata', document: `${url}/$metadata`, endpoint: url }),
  entity: { operation: 'read:Things', each: true, filter: { id: 'id', group: 'group' } },
  answer: rows => JSON.stringify({ d: { results: rows } }),
}

function pageOf(source: Source, origin: string, address: string): object {
  const { asked, from, count } = askedOf(address)
  const size = Math.min(asked.limit - from, source.pageSize)
  const { rows, total } = source.find({ ...asked, offset: asked.offset + from, limit: size })
  const more = from + size < Math.min(asked.limit, total - asked.offset)
  const plain = address.replace(/&\$skiptoken=\d+/, '')
  const results = rows.map(row => {
    const { at } = (row ?? {}) as Partial<Thing>
    if (typeof at !== 'string') return row
    return { __metadata: { type: 'N.Thing' }, ...(row as Thing), at: `/Date(${Date.parse(at)})/` }
  })
  return {
    d: {
      results,
      ...(count && { __count: String(total) }),
      ...(more && { __next: `${origin}${plain}&$skiptoken=${from + size}` }),
    },
  }
}
