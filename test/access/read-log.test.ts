import { readAudit } from '@atrium/platform/audit'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ReadEntry, type ReadLog, startReadLog } from '../../gateway/src/access/read-log.ts'
import { asker, houseRules, smallWorld } from './fixtures.ts'
import { type Stage, startStage } from './stage.ts'

let stage: Stage
let log: ReadLog
beforeAll(async () => {
  stage = await startStage()
  stage.askers.set('rep', asker('e1', ['A']))
  stage.askers.set('clerk', asker('e2', ['B']))
  stage.askers.set('boss', asker('e4', ['A'], 'all', ['r1']))
})
afterAll(() => stage?.stop())
beforeEach(() => {
  log = startReadLog(stage.db, { everyMs: 50, lateMs: 400, most: 8, stopMs: 2000 })
  stage.under(houseRules(), { readLog: log })
  stage.held.world = smallWorld()
  stage.store('Phones', '{ customers { nodes { name phone } } }')
})
afterEach(async () => {
  await putBack()
  await log.stop()
})

// The table is taken away as a database that fails would, without touching what it holds.
const takeAway = () => sql`alter table audit_entry rename to audit_entry_away`.execute(stage.db)
const putBack = () => sql`alter table if exists audit_entry_away rename to audit_entry`.execute(stage.db)
const entries = async () => (await readAudit(stage.db, { action: 'data.read', limit: 100 })).reverse()
const since = async (before: number, count: number) => {
  await expect.poll(async () => (await entries()).length - before, { timeout: 5000 }).toBeGreaterThanOrEqual(count)
  return (await entries()).slice(before)
}

test('who read what, by which client and operation, stands in the log: keys, fields and numbers, never a value', async () => {
  const before = (await entries()).length
  const answer = await stage.ask('rep@portal', { documentId: 'Phones' })
  expect(answer.body.data.customers.nodes[0].phone).toMatch(/^1380000/)
  const query = '{ customer(code: "C1") { name limit contacts { name mobile } } order(number: "S1") { margin } }'
  await stage.ask('boss@report', { query })
  const [phones, contacts, customer, order] = (await since(before, 4)).toSorted((a, b) =>
    `${a.actor.id} ${a.target.type}`.localeCompare(`${b.actor.id} ${b.target.type}`),
  )
  expect(phones).toMatchObject({
    actor: { id: 'e1', name: '员工1', kind: 'person' },
    action: 'data.read.personal',
    target: { type: 'Customer', id: 'Customer' },
    outcome: 'success',
    detail: { client: 'portal', operation: 'Phones', type: 'Customer', fields: ['phone'], records: 2 },
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  })
  expect([...((phones?.detail ?? {}) as { keys: string[] }).keys].sort()).toEqual(['C1', 'C2'])
  // The record's own key is what the entry is about when there is one only.
  expect(contacts).toMatchObject({
    action: 'data.read.personal',
    target: { type: 'Contact', id: 'K1' },
    detail: { fields: ['mobile', 'name'], records: 1, operation: expect.stringMatching(/^sha256:[\w-]{43}$/) },
  } as never)
  expect(customer).toMatchObject({
    action: 'data.read.secret',
    target: { type: 'Customer', id: 'C1' },
    detail: { fields: ['limit'] },
  })
  expect(order).toMatchObject({ action: 'data.read.secret', target: { type: 'Order', id: 'S1' } })
  expect(JSON.stringify(await entries())).not.toMatch(/1380000|1390000|Ann|1000\.11/)
})

test('what is delivered in parts is recorded as what is answered at once', async () => {
  const query = '{ customers { nodes { name ... @defer { contacts { name mobile } } } } }'
  const readAs = async (accept: string): Promise<string[]> => {
    const before = (await entries()).length
    const { headers, body } = await stage.ask('boss', { query }, { accept })
    expect(headers.get('content-type')).toContain(accept.split(';')[0])
    expect(body.data.customers.nodes[0].contacts[0].mobile).toMatch(/^1390000/)
    await log.flush()
    const reads = (await entries()).slice(before)
    return [...new Set(reads.flatMap(({ action, detail }) => keysOf(detail).map(key => `${action} ${key}`)))].sort()
  }
  const keysOf = (detail: unknown): string[] => {
    const { type, fields, keys } = detail as { type: string; fields: string[]; keys: string[] }
    return keys.map(key => `${type} ${key} ${fields}`)
  }
  const whole = await readAs('application/json')
  expect(whole).toContainEqual(expect.stringMatching(/^data\.read\.personal Contact K1 mobile,name$/))
  expect(await readAs('multipart/mixed;deferSpec=20220824, application/json')).toEqual(whole)
})

test('what is masked, denied or empty is no read', async () => {
  const before = (await entries()).length
  const { body } = await stage.ask('clerk', { query: '{ customers { nodes { phone note limit } } }' })
  expect(body.data.customers.nodes[0]).toEqual({ phone: '138****1111', note: null, limit: null })
  await stage.ask('rep', { query: '{ customers { nodes { name } } customer(code: "C9") { phone } }' })
  await log.flush()
  expect((await entries()).length).toBe(before)
})

test('a read is durable within a second, and a clean stop loses none', async () => {
  const before = (await entries()).length
  await stage.ask('rep', { documentId: 'Phones' })
  const answered = performance.now()
  await since(before, 1)
  expect(performance.now() - answered).toBeLessThan(1000)
  await Promise.all(Array.from({ length: 5 }, () => stage.ask('rep', { documentId: 'Phones' })))
  await log.stop()
  expect((await entries()).length).toBe(before + 6)
})

test('while the log cannot be written, secrets are refused, then personal values too; both come back by themselves', {
  timeout: 30_000,
}, async () => {
  const before = (await entries()).length
  const limit = { query: '{ customer(code: "C1") { name limit } }' }
  await takeAway()
  await stage.ask('boss', { documentId: 'Phones' })
  await expect.poll(async () => (await stage.ask('boss', limit)).body.data.customer.limit, { timeout: 5000 }).toBeNull()
  const refused = (await stage.ask('boss', limit)).body
  expect(refused.data.customer.name).toBe('Firm-one')
  expect(refused.errors).toMatchObject([
    { path: ['customer', 'limit'], extensions: { code: 'AUDIT_UNAVAILABLE', retryable: true } },
  ])
  expect(log.takes('personal')).toBe(true)
  // What is given out waits in memory, and no more than fits is given out.
  const given = { phones: 0 }
  for (let time = 0; time < 15; time += 1) {
    const { data } = (await stage.ask('boss', { documentId: 'Phones' })).body
    if (data.customers.nodes[0].phone) given.phones += 1
  }
  expect(log.takes('personal')).toBe(false)
  expect(given.phones).toBeLessThanOrEqual(8)
  await putBack()
  await expect
    .poll(async () => (await stage.ask('boss', limit)).body.data.customer.limit, { timeout: 5000 })
    .toBe('1000.11')
  await log.flush()
  const all = (await entries()).slice(before)
  expect(all.filter(one => one.detail?.operation === 'Phones')).toHaveLength(1 + given.phones)
})

test('a database that hangs counts as away', async () => {
  await stage.ask('boss', { documentId: 'Phones' })
  await log.flush()
  const entry: ReadEntry = {
    actor: { id: 'e1', kind: 'person' },
    action: 'data.read.personal',
    outcome: 'success',
    target: { type: 'Customer', id: 'C1' },
    detail: { client: null, operation: null, type: 'Customer', fields: [], records: 1, keys: [] },
    traceId: 't',
  }
  let release = (): void => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  const locked = stage.db.transaction().execute(async trx => {
    await sql`lock table audit_entry in access exclusive mode`.execute(trx)
    log.record([entry])
    await held
  })
  await expect.poll(() => log.takes('secret'), { timeout: 5000 }).toBe(false)
  expect(log.takes('personal')).toBe(true)
  release()
  await locked
  await expect.poll(() => log.takes('secret'), { timeout: 5000 }).toBe(true)
})
