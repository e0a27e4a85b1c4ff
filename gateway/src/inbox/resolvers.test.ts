import { randomUUID } from 'node:crypto'
import { log } from '@atrium/platform/log'
import { makeExecutableSchema } from '@graphql-tools/schema'
import { type GraphQLSchema, graphql } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { entry } from '../access/directory.fixture.ts'
import { findPersonById } from '../access/people.ts'
import type { Viewer } from '../access/person.ts'
import { messageFinder } from '../search/messages.ts'
import { type Inbox, inboxTypeDefs } from './inbox.ts'
import { planEvent, type Rules } from './rules/plan.ts'
import { startTaking } from './take.ts'
import { type ApprovalSystem, startApprovalSystem, systemsOver } from './testing/approval-system.fixture.ts'
import {
  approvalData,
  type Colleague,
  cloudEvent,
  sampleRules,
  startGateway,
  startWorld,
  type World,
} from './testing/world.fixture.ts'
import { startWake, type Wake } from './wake.ts'

let world: World
let rules: Rules
let wake: Wake
let system: ApprovalSystem
let inbox: Inbox
let schema: GraphQLSchema
let lina: Colleague

const dictionary = /* GraphQL */ `
  scalar DateTime scalar Decimal
  type Query { ok: Boolean } type Mutation { ok: Boolean } type Subscription { ok: Boolean }
  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type ApprovalStep { at: DateTime by: String action: String comment: String }
  type Customer { code: ID! } type Contract { number: ID! }
`

beforeAll(async () => {
  world = await startWorld()
  rules = await sampleRules()
  wake = startWake(world.db, world.url, 'test', log('test'))
  system = await startApprovalSystem()
  inbox = await startGateway(world, systemsOver(system.url))
  schema = makeExecutableSchema({ typeDefs: [dictionary, inboxTypeDefs], resolvers: inbox.resolvers as never })
  lina = await world.hire('li.na')
})

afterAll(async () => {
  await inbox.stop()
  await wake.stop()
  await system.stop()
  await world.stop()
})

// biome-ignore lint/suspicious/noExplicitAny: answers are read by path in the tests
type Answer = { data: any; errors?: { message: string; extensions: Record<string, unknown> }[] }

async function viewer(id: string): Promise<Viewer> {
  const person = (await findPersonById(world.db, id))!
  return { kind: 'person', person, accessToken: person.systems.oa?.id ?? '', tokenExpiresAt: Date.now() / 1000 + 300 }
}

async function ask(
  who: Viewer,
  source: string,
  variables: Record<string, unknown> = {},
  locale: 'zh-CN' | 'en' = 'zh-CN',
) {
  const credential =
    who.kind === 'person'
      ? { kind: 'person', personId: who.person.id, accessToken: who.accessToken }
      : { kind: 'service' }
  const contextValue = {
    viewer: who,
    locale,
    deadline: Date.now() + 3000,
    systems: systemsOver(system.url),
    credential,
    traceId: 't',
  }
  const result = await graphql({ schema, source, variableValues: variables, contextValue })
  return JSON.parse(JSON.stringify(result)) as Answer
}

async function arrives(id: string, more: Record<string, unknown> = {}): Promise<void> {
  system.approvals.set(id, { approvalId: id, assigneeId: lina.oa, state: 'PENDING', version: 1, history: [] })
  await startTaking(world.db, wake).take(
    planEvent(rules, cloudEvent('/oa', 'oa.approval.requested', approvalData(id, lina.oa, more))),
  )
}

test('a message reads in the language asked for, with what may be decided', async () => {
  await arrives('AP-words')
  const query =
    '{ inbox(filter: { text: "AP-words" }) { totalCount nodes { title summary amount decisions { id label tone commentRequired inRow } facts { label value } subject { system type id } } } }'
  const zh = await ask(await viewer(lina.id), query)
  expect(zh.data.inbox).toMatchObject({
    totalCount: 1,
    nodes: [
      {
        title: '合同审批：合肥皖泽新能源，2027 年度框架合同',
        amount: '3200000.00',
        decisions: [
          { id: 'approve', label: '同意', tone: 'MAIN', commentRequired: false, inRow: false },
          { id: 'reject', label: '驳回', tone: 'PLAIN', commentRequired: true, inRow: false },
        ],
        facts: expect.arrayContaining([{ label: '金额', value: '¥3,200,000' }]),
        subject: { system: 'oa', type: 'approval', id: 'AP-words' },
      },
    ],
  })
  const en = await ask(await viewer(lina.id), query, {}, 'en')
  expect(en.data.inbox.nodes[0].decisions[0].label).toBe('Approve')
  expect(en.data.inbox.nodes[0].title).toMatch(/^Contract: /)
})

test('a search that asks a message for its id only still finds it by name', async () => {
  await arrives('AP-found')
  const asked = new Map([['Message', new Set(['id'])]])
  const context = { viewer: await viewer(lina.id), locale: 'zh-CN', deadline: Date.now() + 3000, asked }
  const find = messageFinder(inbox.resolvers as unknown as Parameters<typeof messageFinder>[0])
  const [hit] = await find('AP-found', 5, context as unknown as Parameters<typeof find>[2])
  expect(hit).toMatchObject({ title: '合同审批：合肥皖泽新能源，2027 年度框架合同' })
})

test('a decision through the graph: pending at once, then done, its detail read live from the system', async () => {
  const id = `AP-${randomUUID()}`
  await arrives(id)
  const who = await viewer(lina.id)
  const { data } = await ask(who, '{ inbox(first: 100) { nodes { id subject { id } } } }')
  const message = (data.inbox.nodes as { id: string; subject: { id: string } }[]).find(
    node => node.subject.id === id,
  )!.id
  const decided = await ask(
    who,
    'mutation($m: ID!, $k: String!) { decide(message: $m, decision: "approve", comment: "好", idempotencyKey: $k) { decision { phase by comment } message { read decisions { id } } } }',
    {
      m: message,
      k: randomUUID(),
    },
  )
  expect(decided.data.decide).toEqual({
    decision: { phase: 'PENDING', by: 'li.na', comment: '好' },
    message: { read: true, decisions: [] },
  })
  const one = '{ message(id: "ID") { state decision { phase } detail { history { action comment by } } } }'.replace(
    'ID',
    message,
  )
  await expect.poll(async () => (await ask(who, one)).data.message?.state, { timeout: 5000 }).toBe('DONE')
  expect((await ask(who, one)).data.message).toEqual({
    state: 'DONE',
    decision: { phase: 'CONFIRMED' },
    detail: { history: [{ action: '同意', comment: '好', by: 'li.na' }] },
  })
})

test('a detail that cannot be read leaves the message readable and names the system', async () => {
  await arrives('AP-broken')
  system.misbehave('GetApproval', 'html')
  const answer = await ask(
    await viewer(lina.id),
    '{ inbox(filter: { text: "AP-broken" }) { nodes { title detail { body } } } }',
  )
  expect(answer.data.inbox.nodes[0]).toMatchObject({ title: expect.any(String), detail: null })
  expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'UPSTREAM_BAD_ANSWER', system: 'oa', retryable: false })
})

test('counters follow what is marked, archived and snoozed', async () => {
  const who = await viewer((await world.hire('counts')).id)
  const own = who.kind === 'person' ? who.person.systems : {}
  for (const kind of [1, 2, 3]) {
    await startTaking(world.db, wake).take(
      planEvent(
        rules,
        cloudEvent('/oa', 'oa.approval.requested', approvalData(`AP-c${kind}-${own.oa?.id}`, own.oa!.id!)),
      ),
    )
  }
  const ids = (await ask(who, '{ inbox { nodes { id } } }')).data.inbox.nodes.map((node: { id: string }) => node.id)
  const counts = '{ open unread snoozed seq bySystem { key open unread } byKind { key open } }'
  expect(
    (
      await ask(who, `mutation($i: [ID!]!) { markRead(messages: $i) ${counts} }`, {
        i: [ids[0], ids[0], 'not an id', randomUUID()],
      })
    ).data.markRead,
  ).toEqual({
    open: 3,
    unread: 2,
    snoozed: 0,
    seq: 4,
    bySystem: [{ key: 'oa', open: 3, unread: 2 }],
    byKind: [{ key: 'APPROVAL', open: 3 }],
  })
  expect(
    (await ask(who, `mutation($i: [ID!]!) { archive(messages: $i) ${counts} }`, { i: [ids[0]] })).data.archive,
  ).toMatchObject({ open: 2, seq: 5 })
  expect(
    (await ask(who, `mutation($i: [ID!]!) { unarchive(messages: $i) ${counts} }`, { i: [ids[0]] })).data.unarchive,
  ).toMatchObject({ open: 3, seq: 6 })
  const until = new Date(Date.now() + 3_600_000).toISOString()
  expect(
    (
      await ask(who, `mutation($i: [ID!]!, $u: DateTime!) { snooze(messages: $i, until: $u) ${counts} }`, {
        i: [ids[1]],
        u: until,
      })
    ).data.snooze,
  ).toMatchObject({ open: 2, snoozed: 1 })
  expect((await ask(who, `mutation { markAllRead ${counts} }`)).data.markAllRead).toMatchObject({ unread: 0 })
})

test.each([
  ['a page that is too long', '{ inbox(first: 1000) { totalCount } }', 'BAD_INPUT'],
  ['a foreign cursor', '{ inbox(after: "abc") { totalCount } }', 'BAD_INPUT'],
  ['a snooze into the past', 'mutation { snooze(messages: [], until: "2020-01-01T00:00:00Z") { open } }', 'BAD_INPUT'],
  ['quarantine, to whom does not administer', '{ quarantine { totalCount } }', 'FORBIDDEN'],
  ['a replay, to whom does not administer', 'mutation { replayQuarantine(ids: ["x"]) }', 'FORBIDDEN'],
  [
    'a decision on nothing',
    'mutation { decide(message: "x", decision: "approve", idempotencyKey: "12345678") { decision { phase } } }',
    'NOT_FOUND',
  ],
])('%s is refused', async (_, source, code) => {
  expect((await ask(await viewer(lina.id), source)).errors?.[0]?.extensions.code).toBe(code)
})

test('an application has no inbox', async () => {
  const client: Viewer = {
    kind: 'client',
    clientId: 'erp',
    scopes: ['events:write'],
    tokenExpiresAt: Date.now() / 1000 + 60,
  }
  expect((await ask(client, '{ inboxCounts { open } }')).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
})

test('an administrator sees what is held and replays it', async () => {
  world.directory.put(entry('admin', { roles: ['employee', 'administrator'] }))
  await world.people.directoryChanged(['admin'])
  const admin = await viewer('admin')
  await startTaking(world.db, wake).take(planEvent(rules, cloudEvent('/erp', 'no.rule.at.all', { a: 1 })))
  const { data } = await ask(
    admin,
    '{ quarantine { totalCount nodes { id source type reason count body } pageInfo { hasNextPage } } }',
  )
  const held = data.quarantine.nodes.find((node: { type: string }) => node.type === 'no.rule.at.all')
  expect(held).toMatchObject({
    source: '/erp',
    reason: '没有规则认识这种事件',
    count: 1,
    body: expect.stringContaining('"a": 1'),
  })
  expect(
    (await ask(admin, 'mutation($i: [ID!]!) { replayQuarantine(ids: $i) }', { i: [held.id] })).data.replayQuarantine,
  ).toBe(0)
})
