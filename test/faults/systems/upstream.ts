/**
 * A system of the fault tests, in a process of its own: it knows things by id, and can be told to misbehave.
 * PUT /_trouble says how; GET /_seen how often it was asked.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Trouble } from './trouble.ts'

const ownMs = Number(process.env.OWN_MS ?? 15)
const rows = Array.from({ length: 20 }, (_, index) => ({ id: `p${index}`, value: `${process.env.NAME} ${index}` }))
const properties = { id: { type: 'string' }, value: { type: 'string' } }
const list = {
  operationId: 'list',
  parameters: ['ids', 'offset', 'limit'].map(name => ({ name, in: 'query', schema: { type: 'string' } })),
  responses: {
    200: {
      content: {
        'application/json': {
          schema: {
            type: 'object',
            properties: {
              items: { type: 'array', items: { type: 'object', properties } },
              total: { type: 'integer' },
            },
          },
        },
      },
    },
  },
}
const document = JSON.stringify({ openapi: '3.1.0', paths: { '/things': { get: list } } })
const bomb = gzipSync(Buffer.alloc(20_000_000, ' '))
const tenMegabytes = Buffer.from(JSON.stringify({ items: [{ id: 'p0', value: 'x'.repeat(10_000_000) }], total: 1 }))

let trouble: Trouble = { kind: 'none' }
let seen = 0
let left = 0

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://system')
  if (url.pathname === '/_trouble') {
    let text = ''
    request.on('data', chunk => {
      text += String(chunk)
    })
    request.on('end', () => {
      trouble = JSON.parse(text) as Trouble
      seen = 0
      left = trouble.times ?? Number.POSITIVE_INFINITY
      response.end()
    })
    return
  }
  if (url.pathname === '/_seen') return response.end(String(seen))
  if (url.pathname === '/openapi.json') return void send(response, document)
  seen += 1
  const ids = url.searchParams.get('ids')?.split(',')
  const found = ids ? rows.filter(row => ids.includes(row.id)) : rows
  const whole = JSON.stringify({ items: found, total: found.length })
  setTimeout(() => {
    left -= 1
    if (left < 0) send(response, whole)
    else misbehave(trouble, response, whole)
  }, ownMs)
})

function send(response: ServerResponse, body: string, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
}

function misbehave({ kind, ms = 0 }: Trouble, response: ServerResponse, whole: string): unknown {
  const json = { 'content-type': 'application/json' }
  switch (kind) {
    case 'none':
      return send(response, whole)
    case 'slow':
      return setTimeout(() => send(response, whole), ms)
    case 'half':
      response.writeHead(200, { ...json, 'content-length': String(whole.length) })
      return response.write(whole.slice(0, whole.length / 2), () => response.destroy())
    case 'page':
      return response.writeHead(200, { 'content-type': 'text/html' }).end('<html>maintenance</html>')
    case 'types':
      return send(response, JSON.stringify({ items: { p0: [1, [2]] }, total: {} }))
    case 'schema':
      return send(response, whole.replaceAll('"id":', '"number":'))
    case 'large':
      return response.writeHead(200, json).end(tenMegabytes)
    case 'error':
      return send(response, JSON.stringify({ error: { code: 'ORA-00942', host: 'db01.corp.local' } }))
    case 'busy':
      return send(response, '{}', 429)
    case 'pause':
      return send(response, '{}', 429, { 'retry-after': '1' })
    case 'expired':
      return send(response, '{}', 401)
    case 'flap':
      return seen % 2 === 0 ? send(response, whole) : send(response, '{}', 500)
    case 'reset':
      return response.socket?.resetAndDestroy()
    case 'trickle': {
      response.writeHead(200, json)
      const timer = setInterval(() => response.write(' '), 20)
      return response.on('close', () => clearInterval(timer))
    }
    case 'bomb':
      return response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(bomb)
    case 'headers':
      return send(response, whole, 200, { 'x-flood': 'x'.repeat(200_000) })
    case 'garbage':
      return response.socket?.end('SSH-2.0-OpenSSH_9.2\r\n')
  }
}

server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () =>
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`),
)
