import { now } from '@atrium/platform/clock'
import { type Kysely, sql } from 'kysely'
import type { PeopleTables } from '../access/tables.ts'
import { type Plan, patience } from './rules/plan.ts'
import type { InboxTables, Text } from './tables.ts'
import { type TakeOutcome, takePlans } from './take.ts'
import { hintOnCommit } from './wake.ts'

/** Whom Atrium itself writes to: employees by id, or whoever holds a business role when the message is raised. */
export type RaisedTo = { personIds: readonly string[] } | { businessRole: string }

/** `info` is a notice, `warning` an alert for the day, `urgent` one for now. */
export type RaisedLevel = 'info' | 'warning' | 'urgent'

/** A message of Atrium itself. */
export interface Raised {
  /** repeats are passed over as long as events are kept (messages.yaml: retention.eventDays) */
  key: string
  to: RaisedTo
  title: Text
  body: Text
  /** what to open: a path of the portal (`/admin/quality`) or an address */
  href?: string
  level: RaisedLevel
  /** the system it is about; its stamp stands on the message. Atrium itself unless given */
  system?: string
}

/** `nobody`: there is no active recipient and no administrator either; nothing was kept, the same key may be tried again. */
export type RaiseOutcome = { outcome: TakeOutcome | 'nobody'; people: string[] }

/** Whoever gets what names nobody: the same role that sees quarantine. */
const fallback = 'administrator'

/** `source` of the events behind these messages. */
export const raisedSource = '/atrium/gateway'

/**
 * Puts a message of the gateway into inboxes, as an event would: once for each key, in the transaction given if it is one,
 * and on open sockets as soon as that commits. A role or person that stands for nobody any more is replaced by the administrators.
 */
export async function raise<DB extends InboxTables & PeopleTables>(
  db: Kysely<DB>,
  message: Raised,
): Promise<RaiseOutcome> {
  // Only the tables named are used below; Kysely's type is invariant in its tables.
  const tables = db as unknown as Kysely<InboxTables & PeopleTables>
  const people = await recipients(tables, message.to)
  if (people.length === 0) return { outcome: 'nobody', people }
  const [taken] = await takePlans(tables as unknown as Kysely<InboxTables>, [planOf(message, people)])
  if (taken!.people.length > 0) await hintOnCommit(tables, taken!.people)
  return taken!
}

async function recipients(db: Kysely<PeopleTables>, to: RaisedTo): Promise<string[]> {
  const meant = 'personIds' in to ? sql`id = any(${[...to.personIds]})` : sql`${to.businessRole} = any(business_roles)`
  const { rows } = await sql<{ id: string }>`
    with active as (select id, business_roles, ${meant} as meant from people where active)
    select id from active where meant
    union all
    select id from active where ${fallback} = any(business_roles) and not exists (select from active where meant)
    order by id`.execute(db)
  return rows.map(row => row.id)
}

const looks = {
  info: { kind: 'NOTICE', priority: 'NORMAL' },
  warning: { kind: 'ALERT', priority: 'HIGH' },
  urgent: { kind: 'ALERT', priority: 'URGENT' },
} as const

function planOf(message: Raised, people: string[]): Plan {
  const { kind, priority } = looks[message.level]
  const created = now()
  const system = message.system ?? 'atrium'
  return {
    source: raisedSource,
    id: message.key,
    type: 'atrium.raised',
    subject: null,
    time: created.toISOString(),
    data: { level: message.level, system },
    extensions: {},
    replay: false,
    quarantine: null,
    object: null,
    closes: [],
    tell: false,
    messages: [
      {
        slot: 'raised',
        to: { natives: [], people: people.map(person => ({ person })), label: message.key },
        system,
        subjectType: 'raised',
        subjectId: message.key,
        kind,
        priority,
        title: message.title,
        summary: message.body,
        amount: null,
        currency: null,
        threadKey: `${raisedSource}:raised:${message.key}`,
        threadTitle: null,
        createdAt: created.toISOString(),
        dueAt: null,
        sortAt: new Date(created.getTime() + patience[priority]!).toISOString(),
        url: message.href ?? null,
        facts: [],
        decisions: [],
        searchText: [message.title, message.body]
          .flatMap(text => [text.zh, text.en])
          .join(' ')
          .toLowerCase(),
      },
    ],
  }
}
