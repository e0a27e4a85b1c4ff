import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '@atrium/platform/testing'
import { createClientAsync } from 'soap'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestIssuer, type TestIssuer } from '../web/testing/issuer.ts'
import type { Answer } from './testing/oa.ts'

let issuer: TestIssuer
let folder: string
let port: number
let oa: ChildProcess

beforeAll(async () => {
  issuer = await startTestIssuer()
  folder = await mkdtemp(join(tmpdir(), 'oa-main-'))
  port = await freePort()
})
afterAll(async () => {
  oa.kill('SIGKILL')
  await issuer.stop()
  await rm(folder, { recursive: true })
})

async function start(): Promise<void> {
  oa = spawn(process.execPath, [new URL('./main.ts', import.meta.url).pathname], {
    stdio: 'ignore',
    env: {
      ...process.env,
      PORT: String(port),
      PUBLIC_URL: `http://localhost:${port}`,
      ISSUER: issuer.issuer,
      CLIENT_ID: 'oa',
      CLIENT_SECRET: 'secret',
      DATA_DIR: folder,
      GATEWAY_URL: 'http://localhost:9',
      ATRIUM_TODAY: '2026-11-20',
    },
  })
  for (const end = Date.now() + 15_000; ; await wait(50)) {
    const ready = await fetch(`http://localhost:${port}/readyz`).then(
      response => response.ok,
      () => false,
    )
    if (ready) return
    if (Date.now() > end) throw new Error('the OA is not ready after 15 s')
  }
}

const call = async (token: string, operation: string, input: object): Promise<Answer> => {
  const client = await createClientAsync(`http://localhost:${port}/services/oa?wsdl`, { disableCache: true })
  client.addHttpHeader('Authorization', `Bearer ${token}`)
  const [answer] = await client[`${operation}Async`](input)
  return answer
}

test('an OA killed right after a decision comes back with it, and the cursor goes on without a gap', async () => {
  await start()
  const service = await issuer.service('oa', 'gateway', 'service')
  const lina = await issuer.user('oa', 'lina')
  const [user] = (await call(service, 'ListUsers', { userIds: ['lina'] })).users
  await call(service, 'SaveUser', { ...user, roles: ['Staff', 'Approver'] })
  const [approval] = (await call(lina, 'ListApprovals', { assigneeId: 'lina', state: 'PENDING' })).approvals
  const before = (await call(service, 'ListChanges', { cursor: '', limit: 200 })).nextCursor
  await call(lina, 'DecideApproval', { approvalId: approval.approvalId, action: 'APPROVE', comment: '同意' })
  oa.kill('SIGKILL')
  await once(oa, 'exit')

  await start()
  expect(await call(lina, 'GetApproval', { approvalId: approval.approvalId })).toMatchObject({
    state: 'APPROVED',
    decidedBy: 'lina',
  })
  const { changes, nextCursor } = await call(service, 'ListChanges', { cursor: before, limit: 200 })
  expect(changes).toMatchObject([
    { type: 'oa.approval.decided', objectId: approval.approvalId, approval: { state: 'APPROVED' } },
  ])
  expect(Number(nextCursor)).toBe(Number(before) + 1)
})
