import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseSystems } from './configuration.ts'
import { Connector } from './connector.ts'
import { json, startServer, type TestServer } from './testing/server.ts'
import type { Credential, Tokens } from './types.ts'

const metadata = (sap: boolean): string =>
  `<edmx:Edmx Version="1.0" xmlns:edmx="e" xmlns:m="m" ${sap ? 'xmlns:sap="http://www.sap.com/Protocols/SAPData"' : ''}><edmx:DataServices m:DataServiceVersion="2.0"><Schema Namespace="N"><EntityType Name="T"><Key><PropertyRef Name="id"/></Key><Property Name="id" Type="Edm.String"/></EntityType><EntityContainer Name="C"><EntitySet Name="Things" EntityType="N.T"/></EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`
const tokens: Tokens = { forPerson: async (_s, _a, id) => id, forService: async () => 'service', forget: () => {} }
const person = (personId: string): Credential => ({ kind: 'person', personId, accessToken: 't' })

let server: TestServer
let connector: Connector
/** session → whose it is and its token, as SAP Gateway keeps them */
const sessions = new Map<string, { owner: string; token: string }>()
let wants = true
let written: string[] = []

async function attach(sap: boolean): Promise<void> {
  const { systems } = parseSystems({
    company: { zone: 'UTC', currency: 'CNY' },
    systems: {
      s: {
        name: { zh: 'S', en: 'S' },
        url: server.url,
        protocol: 'odata',
        document: `${server.url}/$metadata?sap=${sap}`,
        endpoint: server.url,
        authentication: { kind: 'exchange', audience: 'urn:s' },
        limits: { retries: 0 },
      },
    },
  })
  connector = new Connector('s', systems.s as NonNullable<typeof systems.s>, tokens, {
    onBreaker: () => {},
    onCall: () => {},
    onDescribed: () => {},
  })
  await connector.description(Date.now() + 3000)
  server.requests.length = 0
}

beforeEach(async () => {
  sessions.clear()
  wants = true
  written = []
  server = await startServer(({ method, path, headers, body }, response) => {
    if (path.startsWith('/$metadata'))
      return void response.writeHead(200, { 'content-type': 'application/xml' }).end(metadata(path.includes('true')))
    const owner = headers.authorization ?? ''
    if (method === 'GET') {
      if (headers['x-csrf-token'] === 'Fetch' && wants) {
        const [session, token] = [randomUUID(), randomUUID()]
        sessions.set(session, { owner, token })
        response.setHeader('x-csrf-token', token)
        response.setHeader('set-cookie', [
          `SAP_SESSIONID=${session}; path=/; HttpOnly`,
          'sap-usercontext=sap-client=100',
        ])
      }
      return json(response, { d: { results: [] } })
    }
    const session = sessions.get(/SAP_SESSIONID=([^;]+)/.exec(headers.cookie ?? '')?.[1] ?? '')
    if (wants && (session?.token !== headers['x-csrf-token'] || session?.owner !== owner)) {
      response.setHeader('x-csrf-token', 'Required')
      return void response.writeHead(403, { 'content-type': 'text/plain' }).end('CSRF token validation failed')
    }
    if (path === '/$batch') {
      const part = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"d":{"results":[]}}'
      response.setHeader('content-type', 'multipart/mixed; boundary=b')
      return void response.writeHead(202).end(`--b\r\nContent-Type: application/http\r\n\r\n${part}\r\n--b--`)
    }
    written.push(`${owner} ${body}`)
    json(response, { d: JSON.parse(body) }, 201)
  })
})
afterEach(async () => {
  await connector.close()
  await server.stop()
})

const write = (id: string, who = 'e1'): Promise<unknown> =>
  connector.invoke(
    'create:Things',
    { body: { id } },
    { credential: person(who), deadline: Date.now() + 3000, safe: false },
  )
const methods = (): string[] => server.requests.map(one => one.method)

test('a token is had before the first write, with the cookies of its session, and kept for the next', async () => {
  await attach(true)
  expect(await write('a')).toEqual({ id: 'a' })
  await Promise.all([write('b'), write('c')])
  expect(methods()).toEqual(['GET', 'POST', 'POST', 'POST'])
  expect(written).toHaveLength(3)
})

test('each person has a token and a session of their own', async () => {
  await attach(true)
  await Promise.all([write('a', 'e1'), write('b', 'e2'), write('c', 'e1')])
  expect(written.sort()).toEqual(['Bearer e1 {"id":"a"}', 'Bearer e1 {"id":"c"}', 'Bearer e2 {"id":"b"}'])
  expect([...sessions.values()].map(one => one.owner).sort()).toEqual(['Bearer e1', 'Bearer e2'])
})

test('a token that is no longer good is had anew, and the write is done once', async () => {
  await attach(true)
  await write('a')
  sessions.clear()
  await write('b')
  expect(methods()).toEqual(['GET', 'POST', 'POST', 'GET', 'POST'])
  expect(written).toEqual(['Bearer e1 {"id":"a"}', 'Bearer e1 {"id":"b"}'])
})

test('a system of which it was not known says so by its first refusal', async () => {
  await attach(false)
  await write('a')
  await write('b')
  expect(methods()).toEqual(['POST', 'GET', 'POST', 'POST'])
  expect(written).toHaveLength(2)
})

test('a system that wants none is not asked for any; reads carry none', async () => {
  wants = false
  await attach(false)
  await write('a')
  await connector.invoke('read:Things', {}, { credential: person('e1'), deadline: Date.now() + 3000, safe: true })
  expect(methods()).toEqual(['POST', 'GET'])
  expect(server.requests.every(one => one.headers['x-csrf-token'] === undefined)).toBe(true)
})

test('a batch of reads is no GET: SAP wants a token for it too', async () => {
  await attach(true)
  const reading = { credential: person('e1'), deadline: Date.now() + 3000, safe: true }
  expect(await connector.invoke('batch', { paths: ['Things'] }, reading)).toEqual([{ d: { results: [] } }])
  expect(methods()).toEqual(['GET', 'POST'])
  expect(server.requests[1]?.headers['x-csrf-token']).toMatch(/^[0-9a-f-]{36}$/)
})

test('a system that never gives a good token refuses after two tries', async () => {
  await attach(true)
  const give = server.answer
  server.answer = (request, response) => {
    sessions.clear()
    give(request, response)
  }
  await expect(write('a')).rejects.toMatchObject({ code: 'UPSTREAM_REFUSED', status: 403, outcome: 'refused' })
  expect(methods()).toEqual(['GET', 'POST', 'GET', 'POST'])
  expect(written).toEqual([])
})

test('when no token can be had, nothing was sent', async () => {
  await attach(true)
  server.answer = (_request, response) => void response.destroy()
  await expect(write('a')).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', outcome: 'not_sent' })
  expect(methods()).toEqual(['GET'])
})
