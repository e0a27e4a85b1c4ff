import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { HTTP } from 'cloudevents'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bearerDelivery } from './deliver.ts'
import type { CloudEvent } from './events.ts'
import { createIssuer } from './issuer.ts'
import { startTestIssuer, type TestIssuer } from './testing/issuer.ts'

let issuer: TestIssuer
const received: { headers: IncomingHttpHeaders; body: string }[] = []
const statuses: number[] = []
const receiver = createServer((request, response) => {
  let body = ''
  request.on('data', chunk => (body += chunk))
  request.on('end', () => {
    received.push({ headers: request.headers, body })
    response.writeHead(statuses.shift() ?? 202)
    response.end()
  })
})
beforeAll(async () => {
  issuer = await startTestIssuer()
  await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  receiver.closeAllConnections()
  await new Promise(resolve => receiver.close(resolve))
  await issuer.stop()
})

const event: CloudEvent = {
  specversion: '1.0',
  id: 'stock-1',
  source: '/erp',
  type: 'erp.stock.low',
  subject: 'HX-K97/总部 100%',
  time: '2026-11-20T02:00:00.000Z',
  datacontenttype: 'application/json',
  data: { product: 'HX-K97', description: '减速机' },
}

it('binary-mode events carry their attributes as headers and a token fetched once, anew after a 401', async () => {
  const deliver = bearerDelivery({
    url: `http://localhost:${(receiver.address() as AddressInfo).port}/events`,
    issuer: createIssuer({ issuer: issuer.issuer, clientId: 'erp', clientSecret: 'a secret: with/signs+' }),
    resource: 'urn:atrium:api',
  })
  expect(await deliver(event)).toEqual({ outcome: 'delivered' })
  const { headers, body } = received[0]!
  const read = HTTP.toEvent<Record<string, string>>({ headers, body }) as unknown as CloudEvent
  expect(read).toMatchObject({
    id: 'stock-1',
    source: '/erp',
    type: 'erp.stock.low',
    data: { product: 'HX-K97', description: '减速机' },
  })
  expect(decodeURIComponent(String(headers['ce-subject']))).toBe('HX-K97/总部 100%')
  expect(headers.authorization).toBe('Bearer token-1')
  expect(issuer.tokenRequests).toMatchObject([
    {
      grant_type: 'client_credentials',
      scope: 'events:write',
      resource: 'urn:atrium:api',
      authorization: expect.stringMatching(/^Basic /),
    },
  ])

  statuses.push(401)
  expect(await deliver(event)).toEqual({ outcome: 'unavailable', error: 'HTTP 401' })
  expect(await deliver(event)).toEqual({ outcome: 'delivered' })
  expect(received.map(one => one.headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2'])
})
