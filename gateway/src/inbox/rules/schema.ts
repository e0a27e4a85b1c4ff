import { z } from 'zod'
import { condition } from './condition.ts'
import { shapeSource } from './shape.ts'
import { compileTemplate, type Template, TemplateError } from './template.ts'

/** messages.yaml: which events become whose messages, what closes them, what may be decided, and how. */

const template = z.string().superRefine((source, context) => {
  try {
    compileTemplate(source)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    context.addIssue({ code: 'custom', message: error.message })
  }
})
/** One template for both languages, or one for each. */
const text = z
  .union([template, z.object({ zh: template, en: template }).strict()])
  .transform((source): { zh: Template; en: Template } => ({
    zh: compileTemplate(typeof source === 'string' ? source : source.zh),
    en: compileTemplate(typeof source === 'string' ? source : source.en),
  }))
const compiled = template.transform(compileTemplate)
const words = z.object({ zh: z.string().min(1), en: z.string().min(1) }).strict()
const milliseconds = z.coerce.number().int().positive()
const input = z.record(z.string(), z.unknown())

const recipient = z.union([
  // The employee with this user id, or with `manager` their manager; the system is the sender's unless named.
  z
    .object({
      native: compiled,
      system: z.string().optional(),
      manager: z.boolean().default(false),
      when: condition.optional(),
    })
    .strict(),
  z
    .object({
      people: z
        .object({
          businessRole: z.string().optional(),
          department: z.string().optional(),
          system: z.string().optional(),
          nativeRole: z.string().optional(),
          everyone: z.literal(true).optional(),
        })
        .strict()
        .refine(query => Object.keys(query).length > 0, 'needs a condition, or everyone: true'),
      when: condition.optional(),
    })
    .strict(),
])

const fact = z
  .object({
    label: words,
    value: text,
    note: text.optional(),
    tone: z.enum(['bad', 'warn']).optional(),
    toneWhen: condition.optional(),
    when: condition.optional(),
  })
  .strict()

const priority = z.enum(['LOW', 'NORMAL', 'HIGH', 'URGENT'])

const raise = z
  .object({
    slot: z.string().regex(/^[a-z][a-z-]*$/),
    when: condition.optional(),
    to: z.array(recipient).min(1),
    kind: z.enum(['APPROVAL', 'TASK', 'ALERT', 'REMINDER', 'NOTICE']),
    priority: z
      .union([priority, z.array(z.object({ when: condition.optional(), is: priority }).strict()).min(1)])
      .default('NORMAL'),
    title: text,
    summary: text.optional(),
    amount: z.string().optional(),
    currency: z.string().optional(),
    due: z.string().optional(),
    thread: z.object({ key: compiled, title: text }).strict().optional(),
    facts: z.array(fact).max(4).default([]),
    decisions: z.string().optional(),
    detail: z.string().optional(),
    url: compiled.optional(),
  })
  .strict()

const event = z
  .object({
    source: z.string(),
    schema: shapeSource,
    subject: z.object({ type: z.string(), id: compiled }).strict().optional(),
    // A path to a whole number; without one the event's time orders the object's events.
    version: z.string().optional(),
    raise: z.array(raise).default([]),
    close: z.array(z.object({ slot: z.string(), when: condition.optional(), reason: text }).strict()).default([]),
    // Parts of the gateway that follow events hear of it exactly as surely as the inbox does, not only as a hint.
    tell: z.boolean().default(false),
  })
  .strict()
  .refine(rule => rule.close.length === 0 || rule.subject !== undefined, 'close needs a subject')

const decisionOption = z
  .object({
    id: z.string().regex(/^[a-z][a-z-]*$/),
    label: words,
    tone: z.enum(['MAIN', 'PLAIN', 'GRAVE']).default('PLAIN'),
    commentRequired: z.boolean().default(false),
    // The policy: offered in the list only where this holds.
    inRow: condition.optional(),
    operation: z.string(),
    input,
    // States of the object that tell the decision has been carried out.
    becomes: z.array(z.string()).min(1),
  })
  .strict()

const decisionSet = z
  .object({
    system: z.string(),
    // How an object's state is read; asked before every attempt but the first.
    read: z
      .object({
        operation: z.string(),
        input,
        // For an operation that answers a list: where it is and which entry is meant.
        find: z
          .object({ in: z.string(), where: z.record(z.string(), template) })
          .strict()
          .optional(),
        state: z.string(),
        by: z.string().optional(),
      })
      .strict(),
    // States in which a decision is still possible.
    open: z.array(z.string()).min(1),
    // The system may still be working on a call whose answer was lost; nothing is asked of it again before this has passed.
    settleMs: milliseconds.default(15_000),
    timeoutMs: milliseconds.default(10_000),
    options: z.array(decisionOption).min(1),
  })
  .strict()

const detail = z
  .object({
    system: z.string(),
    operation: z.string(),
    input,
    find: z
      .object({ in: z.string(), where: z.record(z.string(), template) })
      .strict()
      .optional(),
    facts: z.array(fact).default([]),
    history: z
      .object({
        in: z.string(),
        at: z.string(),
        by: z.string(),
        byIsUserId: z.boolean().default(false),
        action: z.string(),
        actionLabels: z.string().optional(),
        comment: z.string(),
      })
      .strict()
      .optional(),
    body: text.optional(),
    customer: z.string().optional(),
    contract: z.string().optional(),
  })
  .strict()

const feed = z
  .object({
    operation: z.string(),
    input,
    items: z.string(),
    next: z.string(),
    everyMs: milliseconds,
    overlapMs: z.coerce.number().int().min(0).default(3000),
    limit: milliseconds.default(200),
    // How one change becomes an event. `data` names the members of which the first present one is the data.
    event: z
      .object({
        id: compiled,
        type: z.string(),
        subject: z.string().optional(),
        time: z.string(),
        data: z.array(z.string()).min(1),
      })
      .strict(),
  })
  .strict()

const scalar = z.union([z.string(), z.number(), z.boolean()])

// What waits in a system that tells no events: each record is one when it comes, and one when it is there no longer.
const list = z
  .object({
    type: z.string().describe('a type of the dictionary that the system gives'),
    where: z.record(z.string(), scalar).default({}).describe('arguments of its filters'),
    key: z.string().default('id').describe('the field that is its key; it can be asked for by that'),
    everyMs: milliseconds.default(60_000),
    event: z.object({ id: compiled, type: z.string(), time: z.string() }).strict(),
    gone: z.string().describe('the type of event that closes its messages'),
  })
  .strict()

const sender = z
  .object({
    system: z.string(),
    // OAuth client that may send it, with the scope events:write
    client: z.string().optional(),
    // Standard Webhooks secrets; several while one is being replaced
    webhookSecrets: z
      .array(
        z.string().regex(/^(whsec_)?[A-Za-z0-9+/]{24,}={0,2}$/, 'must be whsec_ and at least 24 characters of base64'),
      )
      .default([]),
    feed: feed.optional(),
    list: list.optional(),
  })
  .strict()

export const messagesFile = z
  .object({
    timeZone: z.string().default('Asia/Shanghai'),
    retention: z
      .object({
        logDays: z.coerce.number().positive().default(30),
        eventDays: z.coerce.number().positive().default(90),
      })
      .strict()
      .default({ logDays: 30, eventDays: 90 }),
    labels: z.record(z.string(), z.record(z.string(), words)).default({}),
    sources: z.record(z.string(), sender),
    decisions: z.record(z.string(), decisionSet).default({}),
    details: z.record(z.string(), detail).default({}),
    events: z.record(z.string(), event),
  })
  .strict()
  .superRefine((file, context) => {
    for (const [source, { feed, list }] of Object.entries(file.sources)) {
      const fault = (message: string): void =>
        context.addIssue({ code: 'custom', path: ['sources', source, 'list'], message })
      if (feed && list) fault('a source is followed by a feed or by a list')
      for (const type of list ? [list.event.type, list.gone] : [])
        if (!file.events[type]?.subject) fault(`there is no event ${type} with a subject`)
    }
    for (const [type, rule] of Object.entries(file.events)) {
      const fault = (path: (string | number)[], message: string): void =>
        context.addIssue({ code: 'custom', path: ['events', type, ...path], message })
      if (!file.sources[rule.source]) fault(['source'], `there is no source ${rule.source}`)
      for (const [index, message] of rule.raise.entries()) {
        if (message.decisions && !file.decisions[message.decisions])
          fault(['raise', index, 'decisions'], `there is no decision set ${message.decisions}`)
        if (message.detail && !file.details[message.detail])
          fault(['raise', index, 'detail'], `there is no detail ${message.detail}`)
      }
    }
  })

export type MessagesFile = z.infer<typeof messagesFile>
export type EventRule = MessagesFile['events'][string]
export type RaiseRule = EventRule['raise'][number]
export type DecisionSet = MessagesFile['decisions'][string]
export type DecisionRule = DecisionSet['options'][number]
export type DetailRule = MessagesFile['details'][string]
export type FactRule = RaiseRule['facts'][number]
export type ListRule = NonNullable<MessagesFile['sources'][string]['list']>
export type FeedRule = NonNullable<MessagesFile['sources'][string]['feed']>
