import { now } from '@atrium/platform/clock'
import { GraphQLError } from 'graphql'
import type { Person } from '../access/person.ts'
import type { RequestContext } from '../schema/context.ts'
import { toGraphQLError } from '../schema/errors.ts'
import { type Change, changeMessages, markAllRead } from './change.ts'
import { type InboxCounts, readCounts } from './counts.ts'
import { type DecideInput, DecisionRefused, decide } from './decide.ts'
import { type MessageDetail, readDetail } from './detail.ts'
import type { InboxParts } from './inbox.ts'
import type { InboxChange } from './live.ts'
import {
  BadCursor,
  countMessages,
  findMessage,
  type InboxFilter,
  isMessageId,
  listMessages,
  type MessageRow,
} from './messages.ts'
import { listQuarantine, type QuarantineGroup, replayByHand } from './quarantine.ts'
import type { StoredFact, StoredOption, Text } from './tables.ts'

/** What the subscription needs beyond a request: how to end a socket that takes nothing, so that its client resumes. */
type Context = RequestContext & { closeSocket?: (code: number, reason: string) => void }
type Page = { first?: number | null; after?: string | null }

/** Resolvers for the inbox's part of the schema; every one answers for the viewer only. */
export function inboxResolvers(parts: InboxParts) {
  const { db, wake } = parts
  const counts = async (person: string): Promise<InboxCounts> => (await readCounts(db, [person])).get(person)!
  const change =
    (kind: Change) =>
    async (_: unknown, args: { messages: string[]; until?: Date | string }, context: Context): Promise<InboxCounts> => {
      const person = viewerOf(context)
      if (args.messages.length > 500)
        throw badInput(context, { zh: '一次最多 500 条', en: 'At most 500 messages at once' })
      const until = args.until === undefined ? undefined : readUntil(args.until, context)
      await changeMessages(db, wake, person.id, args.messages.filter(isMessageId), kind, until)
      return await counts(person.id)
    }

  return {
    Query: {
      inbox: async (_: unknown, args: Page & { filter?: InboxFilter | null }, context: Context) => {
        const person = viewerOf(context)
        const filter = args.filter ?? {}
        if ((filter.text?.length ?? 0) > 200)
          throw badInput(context, { zh: '搜索词最多 200 字', en: 'A search text takes at most 200 characters' })
        const first = pageSize(args.first, 30, context)
        const asked = context.asked?.get('Message')
        const page = await listMessages(db, person.id, filter, first, args.after, asked).catch((error: unknown) => {
          throw error instanceof BadCursor
            ? badInput(context, { zh: '游标不是这个列表给出的', en: 'This list gave out no such cursor' })
            : error
        })
        return {
          nodes: page.rows.map(({ row }) => row),
          edges: () => page.rows.map(({ cursor, row }) => ({ cursor, node: row })),
          totalCount: () => page.total ?? countMessages(db, person.id, filter),
          pageInfo: () => ({ hasNextPage: page.hasNextPage, endCursor: page.rows.at(-1)?.cursor ?? null }),
        }
      },
      message: (_: unknown, args: { id: string }, context: Context) => findMessage(db, viewerOf(context).id, args.id),
      inboxCounts: (_: unknown, __: unknown, context: Context) => counts(viewerOf(context).id),
      quarantine: async (_: unknown, args: Page, context: Context) => {
        administratorOf(context)
        const size = pageSize(args.first, 50, context)
        const page = await listQuarantine(db, size, args.after)
        const offset = (args.after ? Number(Buffer.from(args.after, 'base64url').toString()) : 0) + page.groups.length
        return {
          nodes: page.groups,
          totalCount: page.total,
          pageInfo: {
            hasNextPage: page.hasNextPage,
            endCursor: page.groups.length > 0 ? Buffer.from(String(offset)).toString('base64url') : null,
          },
        }
      },
    },
    Mutation: {
      decide: async (_: unknown, args: DecideInput, context: Context) => {
        const person = viewerOf(context)
        const message = await decide(parts, person, context.credential, args).catch((error: unknown) => {
          if (error instanceof DecisionRefused)
            throw new GraphQLError(say(error.words, context), { extensions: { code: error.code, retryable: false } })
          throw toGraphQLError(error, context, true)
        })
        return { message, decision: decisionOf(message, context) }
      },
      markRead: change('read'),
      archive: change('archive'),
      unarchive: change('unarchive'),
      snooze: change('snooze'),
      markAllRead: async (_: unknown, args: { filter?: InboxFilter | null }, context: Context) => {
        const person = viewerOf(context)
        await markAllRead(db, wake, person.id, args.filter ?? {})
        return await counts(person.id)
      },
      replayQuarantine: async (_: unknown, args: { ids: string[] }, context: Context) => {
        const person = administratorOf(context)
        return await replayByHand(parts, { id: person.id, name: person.name.zh }, args.ids)
      },
    },
    Subscription: {
      inboxChanges: {
        subscribe: (_: unknown, args: { after?: number | null }, context: Context) => {
          const person = viewerOf(context)
          const changes = parts.live.follow(person.id, args.after, () =>
            context.closeSocket?.(4408, 'too slow; resume from your cursor'),
          )
          // A deactivated person's open sockets go silent within a second.
          const unfollow = parts.people.follow(person.id, { ended: () => void changes.return?.() })
          return {
            next: () => changes.next(),
            return: () => {
              unfollow()
              return changes.return!()
            },
            throw: (error: unknown) => changes.throw!(error),
            [Symbol.asyncIterator]() {
              return this
            },
          }
        },
        resolve: (change: InboxChange) => change,
      },
    },
    Message: {
      seq: (row: MessageRow) => row.changed_seq,
      title: (row: MessageRow, _: unknown, context: Context) => say(row.title, context),
      summary: (row: MessageRow, _: unknown, context: Context) => sayOrNull(row.summary, context),
      threadKey: (row: MessageRow) => row.thread_key,
      threadTitle: (row: MessageRow, _: unknown, context: Context) => sayOrNull(row.thread_title, context),
      createdAt: (row: MessageRow) => row.created_at,
      dueAt: (row: MessageRow) => row.due_at,
      overdue: (row: MessageRow) => row.state === 'OPEN' && row.due_at !== null && row.due_at < now(),
      snoozedUntil: (row: MessageRow) => row.snoozed_until,
      decisions: (row: MessageRow) => {
        const undecided = row.closed_at === null && (row.decided === null || row.decided.phase === 'REFUSED')
        return undecided ? row.decisions : []
      },
      decision: (row: MessageRow, _: unknown, context: Context) => decisionOf(row, context),
      subject: (row: MessageRow) => ({ system: row.system, type: row.subject_type, id: row.subject_id }),
      detail: async (row: MessageRow, _: unknown, context: Context) => {
        try {
          return await readDetail(parts, row, viewerOf(context), context.credential, context.deadline)
        } catch (error) {
          throw toGraphQLError(error, context)
        }
      },
    },
    MessageDetail: {
      // The dictionary fills in the rest of a customer and a contract by their keys, with its own permission checks.
      customer: (detail: MessageDetail) => (detail.customer === null ? null : { code: detail.customer }),
      contract: (detail: MessageDetail) => (detail.contract === null ? null : { number: detail.contract }),
      body: (detail: MessageDetail, _: unknown, context: Context) => sayOrNull(detail.body, context),
      history: (detail: MessageDetail, _: unknown, context: Context) =>
        detail.history.map(step => ({
          ...step,
          by: sayOrNull(step.by, context),
          action: sayOrNull(step.action, context),
        })),
    },
    Fact: {
      label: (fact: StoredFact, _: unknown, context: Context) => say(fact.label, context),
      value: (fact: StoredFact, _: unknown, context: Context) => say(fact.value, context),
      note: (fact: StoredFact, _: unknown, context: Context) => sayOrNull(fact.note, context),
    },
    DecisionOption: {
      label: (option: StoredOption, _: unknown, context: Context) => say(option.label, context),
    },
    QuarantineItem: {
      reason: (group: QuarantineGroup, _: unknown, context: Context) => say(group.reason, context),
      body: (group: QuarantineGroup) => JSON.stringify(group.body, null, 2),
    },
  }
}

function decisionOf(row: MessageRow, context: Context) {
  if (!row.decided) return null
  const { decision, phase, comment, at, reason } = row.decided
  const chosen = row.decisions.find(option => option.id === decision)
  return {
    decision,
    // A decision that messages.yaml no longer offers keeps its id for a name.
    label: chosen ? say(chosen.label, context) : decision,
    phase,
    comment,
    by: say(viewerOf(context).name, context),
    at: new Date(at),
    reason: sayOrNull(reason, context),
  }
}

function viewerOf(context: Context): Person {
  if (context.viewer.kind === 'person') return context.viewer.person
  throw new GraphQLError(
    say({ zh: '消息属于人，应用没有收件箱', en: 'Messages belong to people; an application has no inbox' }, context),
    { extensions: { code: 'FORBIDDEN', retryable: false } },
  )
}

function administratorOf(context: Context): Person {
  const person = viewerOf(context)
  if (person.businessRoles.includes('administrator')) return person
  throw new GraphQLError(say({ zh: '隔离区只有管理员可看', en: 'Quarantine is for administrators' }, context), {
    extensions: { code: 'FORBIDDEN', retryable: false },
  })
}

function pageSize(first: number | null | undefined, fallback: number, context: Context): number {
  const size = first ?? fallback
  if (size < 1 || size > 100)
    throw badInput(context, { zh: 'first 在 1 到 100 之间', en: 'first is between 1 and 100' })
  return size
}

function readUntil(value: Date | string, context: Context): Date {
  const until = new Date(value)
  const ahead = until.getTime() - now().getTime()
  if (ahead > 0 && ahead < 366 * 86_400_000) return until
  throw badInput(context, { zh: '推迟到将来的时间，最多一年', en: 'Snooze until a time to come, at most a year ahead' })
}

function badInput(context: Context, words: Text): GraphQLError {
  return new GraphQLError(say(words, context), { extensions: { code: 'BAD_INPUT', retryable: false } })
}

function say(text: Text, context: Context): string {
  return context.locale === 'en' ? text.en : text.zh
}

function sayOrNull(text: Text | null, context: Context): string | null {
  return text === null ? null : say(text, context)
}
