import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@atrium/platform/testing'
import { type CloudEventV1, HTTP } from 'cloudevents'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestIssuer, type TestIssuer } from '../web/testing/issuer.ts'

const TODAY = '2026-11-20'
let issuer: TestIssuer
let folder: string
let port: number
let gatewayPort: number
let erp: ChildProcess
let gateway: Server | undefined
const received: { event: CloudEventV1<unknown>; authorization: string | undefined }[] = []

beforeAll(async () => {
  issuer = await startTestIssuer()
  folder = await mkdtemp(join(tmpdir(), 'erp-main-'))
  port = await freePort()
  gatewayPort = await freePort()
})
afterAll(async () => {
  erp.kill('SIGKILL')
  gateway?.close()
  await issuer.stop()
  await rm(folder, { recursive: true })
})

async function start(): Promise<void> {
  erp = spawn(process.execPath, [new URL('./main.ts', import.meta.url).pathname], {
    stdio: 'ignore',
    env: {
      ...process.env,
      PORT: String(port),
      PUBLIC_URL: `http://localhost:${port}`,
      ISSUER: issuer.issuer,
      CLIENT_ID: 'erp',
      CLIENT_SECRET: 'secret',
      DATA_DIR: folder,
      GATEWAY_URL: `http://localhost:${gatewayPort}`,
      RETRY_DELAYS: '200',
      ATRIUM_TODAY: TODAY,
    },
  })
  await until(async () => (await fetch(`http://localhost:${port}/readyz`)).ok)
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = Date.now() + 15_000; ; ) {
    const met = await Promise.resolve()
      .then(condition)
      .catch(() => false)
    if (met) return
    if (Date.now() > end) throw new Error('nothing of the kind within 15 s')
    await wait(50)
  }
}

/** A receiver that reads events with the library `cloudevents`. */
async function startGateway(): Promise<void> {
  gateway = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const event = HTTP.toEvent({ headers: request.headers, body })
    received.push({ event: Array.isArray(event) ? event[0]! : event, authorization: request.headers.authorization })
    response.writeHead(202).end()
  })
  gateway.listen(gatewayPort, '127.0.0.1')
  await once(gateway, 'listening')
}

const call = async (method: string, path: string, token: string, body?: object) => {
  const response = await fetch(`http://localhost:${port}/odata/v4/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  return await response.json()
}

describe('the ERP as a process', () => {
  test('killed right after a change, it comes back with the change, and tells what nobody had heard', async () => {
    await start()
    const service = await issuer.service('erp', 'gateway', 'service')
    await call('PATCH', "Users('00031')", service, { Roles: ['Warehouse'] })
    const keeper = await issuer.user('erp', '00031')
    const { value } = await call('GET', 'StockLevels?$filter=Quantity gt MinimumQuantity&$top=1', keeper)
    const [level] = value
    const path = `StockLevels(Product='${level.Product}',Warehouse='${level.Warehouse}')`
    expect(await call('PATCH', path, keeper, { Quantity: 0 })).toMatchObject({ Quantity: 0 })
    erp.kill('SIGKILL')
    await once(erp, 'exit')

    await startGateway()
    await start()
    expect(await call('GET', path, keeper)).toMatchObject({ Quantity: 0 })
    await until(() =>
      received.some(
        ({ event }) => event.type === 'erp.stock.low' && event.subject === `${level.Product}/${level.Warehouse}`,
      ),
    )
  })

  test('sends binary CloudEvents with a token of its own, what stands open on the first day once', async () => {
    await until(() => received.filter(({ event }) => event.type === 'erp.payment.due').length >= 5)
    await wait(500)
    const ids = received.map(({ event }) => event.id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { event, authorization } of received) {
      expect(event).toMatchObject({ specversion: '1.0', source: '/erp', datacontenttype: 'application/json' })
      expect(authorization).toMatch(/^Bearer token-/)
    }
    expect(issuer.tokenRequests[0]).toMatchObject({
      grant_type: 'client_credentials',
      scope: 'events:write',
      resource: 'urn:atrium:api',
    })
    const due = received
      .filter(({ event }) => event.type === 'erp.payment.due')
      .map(({ event }) => event.data as { salesPerson: string; partnerName: string })
    expect(new Set(due.map(each => each.salesPerson))).toEqual(new Set(['00017', '00018']))
    expect(due.every(each => /\p{Script=Han}/u.test(each.partnerName))).toBe(true)
    const low = received
      .filter(({ event }) => event.type === 'erp.stock.low')
      .map(({ event }) => (event.data as { planner: string }).planner)
    expect(low.filter(planner => planner === '00031').length).toBeGreaterThanOrEqual(5)
    expect(low.length).toBeLessThan(15)
  })

  test('refuses to start with a configuration that is wrong, and names all of it', async () => {
    const child = spawn(process.execPath, [new URL('./main.ts', import.meta.url).pathname], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, PORT: 'many' },
    })
    let message = ''
    child.stderr.on('data', chunk => {
      message += chunk
    })
    const [code] = await once(child, 'close')
    expect(code).toBe(2)
    for (const name of ['PORT', 'ISSUER', 'CLIENT_SECRET', 'DATA_DIR']) expect(message).toContain(name)
  })
})
