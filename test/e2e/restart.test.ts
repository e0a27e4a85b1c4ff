import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unique } from './company.ts'
import { type NpmStart, prepareNpmStart } from './npm-start.ts'
import type { Answered, Stranger } from './stranger.ts'

const patience = 15_000
const decide = `mutation ($message: ID!, $comment: String!, $key: String!) {
  decide(message: $message, decision: "approve", comment: $comment, idempotencyKey: $key) { decision { phase } } }`

// Which processes there are is read from /proc.
describe.skipIf(!existsSync('/proc/self/stat'))('npm start after a kill -9 of everything it started', () => {
  let atrium: NpmStart
  let stranger: Stranger
  const kept = { comment: unique('停电前同意'), followUp: unique('停电前的跟进') }
  let decided: Answered
  let underWay: Answered
  let archived: Answered

  beforeAll(async () => {
    atrium = await prepareNpmStart()
    await atrium.start()
    stranger = await atrium.stranger()
  }, 180_000)
  afterAll(() => atrium?.close(), 60_000)

  const messages = async (filter: object): Promise<Answered[]> => {
    const query = `query ($filter: InboxFilter) { inbox(filter: $filter, first: 50) { nodes {
      id title system read state subject { id } decisions { id } decision { phase comment } } } }`
    return (await stranger.graph('li.na', query, { filter })).data.inbox.nodes
  }
  const message = async (id: string): Promise<Answered> =>
    (
      await stranger.graph(
        'li.na',
        'query ($id: ID!) { message(id: $id) { state read decision { phase comment reason } } }',
        {
          id,
        },
      )
    ).data.message
  const approvalsOf = async (approvalId: string): Promise<Answered[]> => {
    const { history } = await stranger.oa('li.na', 'GetApproval', { approvalId })
    return history.filter((step: Answered) => step.action === 'APPROVE')
  }

  it('had taken a decision, an archived message and a follow-up, and one decision was under way', async () => {
    await expect
      .poll(async () => (await messages({ kinds: ['APPROVAL'] })).length, { timeout: patience })
      .toBeGreaterThanOrEqual(3)
    const approvals = await messages({ kinds: ['APPROVAL'] })
    decided = approvals[0]
    underWay = approvals[1]
    archived = (await messages({ kinds: ['REMINDER'] }))[0]

    await stranger.graph('li.na', decide, { message: decided.id, comment: kept.comment, key: 'before-the-power-cut' })
    await expect
      .poll(() => message(decided.id), { timeout: patience })
      .toMatchObject({ state: 'DONE', decision: { phase: 'CONFIRMED', comment: kept.comment, reason: null } })
    await stranger.graph('li.na', 'mutation ($ids: [ID!]!) { archive(messages: $ids) { open } }', {
      ids: [archived.id],
    })
    const [customer] = (await stranger.crm('li.na', 'GET', '/customers?owner=U-1001&limit=1')).body.items
    const log = 'mutation ($customer: String!, $text: String!) { logFollowUp(customer: $customer, text: $text) { id } }'
    const logged = await stranger.graph('li.na', log, { customer: customer.customerNo, text: kept.followUp })
    expect(logged.errors).toBeUndefined()
    const last = await stranger.graph('li.na', decide, {
      message: underWay.id,
      comment: kept.comment,
      key: 'while-it-fell',
    })
    expect(['PENDING', 'IN_DOUBT', 'CONFIRMED']).toContain(last.data.decide.decision.phase)
  }, 60_000)

  it('is ready again, and people sign in', async () => {
    await atrium.killEverything()
    await atrium.start()
    stranger = await atrium.stranger()
    expect((await stranger.graph('li.na', '{ me { username } }')).data.me.username).toBe('li.na')
    expect((await stranger.crm('li.na', 'GET', '/users/me')).body).toMatchObject({
      userId: 'U-1001',
      roles: ['TeamLead'],
    })
  }, 180_000)

  it('has lost nothing', async () => {
    expect(await message(decided.id)).toMatchObject({
      state: 'DONE',
      decision: { phase: 'CONFIRMED', comment: kept.comment, reason: null },
    })
    expect(await message(archived.id)).toMatchObject({ state: 'ARCHIVED' })
    expect(await approvalsOf(decided.subject.id)).toMatchObject([{ userId: 'lina', comment: kept.comment }])
    const { body } = await stranger.crm('li.na', 'GET', '/followups?owner=U-1001&sort=-createdAt&limit=20')
    expect(body.items.map((item: Answered) => item.content)).toContain(kept.followUp)
  }, 30_000)

  it('finishes the decision that was under way, once', async () => {
    await expect
      .poll(() => message(underWay.id), { timeout: patience, interval: 250 })
      .toMatchObject({ state: 'DONE', decision: { phase: 'CONFIRMED' } })
    expect(await approvalsOf(underWay.subject.id)).toMatchObject([{ userId: 'lina', comment: kept.comment }])
    const { data } = await stranger.graph(
      'li.na',
      '{ inboxCounts { open } inbox(first: 50) { totalCount nodes { id } } }',
    )
    expect(data.inbox.nodes.map((each: Answered) => each.id)).not.toContain(underWay.id)
    expect(data.inboxCounts.open).toBe(data.inbox.totalCount)
  }, 60_000)
})
