import { now } from '@atrium/platform/clock'
import type { ZodType } from 'zod'
import type { CloudEvent } from '../cloudevent.ts'
import type { StoredFact, StoredOption, Text } from '../tables.ts'
import { holds } from './condition.ts'
import type { DecisionSet, EventRule, FactRule, MessagesFile, RaiseRule } from './schema.ts'
import { compileShape, describeFault } from './shape.ts'
import { at, type Scope, type Template, type Words } from './template.ts'

/** messages.yaml made ready: the rules with compiled checks of what events must carry. */
export interface Rules {
  file: MessagesFile
  words: Words
  shapes: Map<string, ZodType<Record<string, unknown>>>
}

/** What one event does to inboxes; the function inbox_take carries it out. */
export interface Plan {
  source: string
  id: string
  type: string
  subject: string | null
  time: string | null
  data: unknown
  /** attributes beyond the standard's own */
  extensions: Record<string, unknown>
  replay: boolean
  quarantine: { code: 'NO_RULE' | 'SCHEMA' | 'RULE'; reason: Text } | null
  object: { system: string; type: string; id: string; version: number } | null
  messages: PlannedMessage[]
  closes: { slot: string; reason: Text }[]
  tell: boolean
}

interface PlannedMessage {
  slot: string
  to: { natives: { system: string; id: string; manager: boolean }[]; people: Record<string, unknown>[]; label: string }
  system: string
  subjectType: string
  subjectId: string
  kind: string
  priority: string
  title: Text
  summary: Text | null
  amount: string | null
  currency: string | null
  threadKey: string
  threadTitle: Text | null
  createdAt: string
  dueAt: string | null
  sortAt: string
  url: string | null
  facts: StoredFact[]
  decisions: StoredOption[]
  searchText: string
}

/** Makes the rules ready. */
export function prepareRules(file: MessagesFile): Rules {
  return {
    file,
    words: { timeZone: file.timeZone, labels: file.labels },
    shapes: new Map(Object.entries(file.events).map(([type, rule]) => [type, compileShape(rule.schema)])),
  }
}

/** What an event does by the rules; an event they do not understand, or that breaks its schema, is planned into quarantine. */
export function planEvent(rules: Rules, event: CloudEvent, replay = false): Plan {
  const plan: Plan = {
    source: event.source,
    id: event.id,
    type: event.type,
    subject: event.subject ?? null,
    time: event.time ?? null,
    data: event.data ?? null,
    extensions: extensionsOf(event),
    replay,
    quarantine: null,
    object: null,
    messages: [],
    closes: [],
    tell: false,
  }
  const rule = rules.file.events[event.type]
  if (!rule || rule.source !== event.source) {
    plan.quarantine = {
      code: 'NO_RULE',
      reason: { zh: '没有规则认识这种事件', en: 'No rule understands this kind of event' },
    }
    return plan
  }
  const data = rules.shapes.get(event.type)!.safeParse(event.data ?? {})
  if (!data.success) {
    plan.quarantine = { code: 'SCHEMA', reason: describeFault(data.error, event.data) }
    return plan
  }
  const scope: Scope = {
    ...data.data,
    event: { subject: event.subject, time: event.time, type: event.type, id: event.id },
  }
  const system = rules.file.sources[rule.source]!.system
  plan.tell = rule.tell
  if (rule.subject) {
    const id = rule.subject.id.render(scope, 'zh', rules.words)
    if (id === null) {
      plan.quarantine = {
        code: 'RULE',
        reason: { zh: '事件没有说明是哪个对象', en: 'The event does not say which object it is about' },
      }
      return plan
    }
    plan.object = { system, type: rule.subject.type, id, version: versionOf(rule, event, scope) }
  }
  plan.closes = rule.close
    .filter(close => holds(close.when, scope))
    .map(close => ({ slot: close.slot, reason: both(close.reason, scope, rules.words) ?? { zh: '', en: '' } }))
  for (const raise of rule.raise) {
    if (!holds(raise.when, scope)) continue
    const message = planMessage(rules, raise, plan, system, scope)
    if ('fault' in message) {
      plan.quarantine = { code: 'RULE', reason: message.fault }
      plan.messages = []
      return plan
    }
    plan.messages.push(message)
  }
  return plan
}

function extensionsOf(event: CloudEvent): Record<string, unknown> {
  const {
    specversion: _v,
    id: _id,
    source: _source,
    type: _type,
    subject: _subject,
    time: _time,
    data: _data,
    ...extensions
  } = event
  return extensions
}

/** Renders facts for both languages; those whose value is missing or whose condition fails are left out. */
export function renderFacts(facts: FactRule[], scope: Scope, words: Words): StoredFact[] {
  return facts.flatMap(fact => {
    if (!holds(fact.when, scope)) return []
    const value = both(fact.value, scope, words)
    if (!value) return []
    const tone = fact.tone && (!fact.toneWhen || holds(fact.toneWhen, scope)) ? fact.tone : null
    return [{ label: fact.label, value, note: fact.note ? both(fact.note, scope, words) : null, tone }]
  })
}

/** A pair of templates rendered in both languages; null when a needed value is missing. */
export function both(templates: { zh: Template; en: Template }, scope: Scope, words: Words): Text | null {
  const zh = templates.zh.render(scope, 'zh', words)
  const en = templates.en.render(scope, 'en', words)
  return zh === null || en === null ? null : { zh, en }
}

function planMessage(
  rules: Rules,
  rule: RaiseRule,
  plan: Plan,
  system: string,
  scope: Scope,
): PlannedMessage | { fault: Text } {
  const title = both(rule.title, scope, rules.words)
  if (!title) {
    return {
      fault: {
        zh: `规则 ${plan.type}/${rule.slot} 的标题缺少内容`,
        en: `The title of rule ${plan.type}/${rule.slot} lacks a value`,
      },
    }
  }
  const to = recipients(rule, system, scope, rules.words)
  const summary = rule.summary ? both(rule.summary, scope, rules.words) : null
  const threadTitle = rule.thread ? both(rule.thread.title, scope, rules.words) : null
  const created = new Date(plan.time ?? now())
  const due = dateOf(rule.due ? at(scope, rule.due) : undefined, rules.words.timeZone)
  const priority =
    typeof rule.priority === 'string' ? rule.priority : (rule.priority.find(p => holds(p.when, scope))?.is ?? 'NORMAL')
  const object = plan.object ?? { system, type: 'event', id: `${plan.source} ${plan.id}` }
  const amount = rule.amount ? at(scope, rule.amount) : undefined
  return {
    slot: rule.slot,
    to,
    system,
    subjectType: object.type,
    subjectId: object.id,
    kind: rule.kind,
    priority,
    title,
    summary,
    amount: amount === undefined || amount === null ? null : String(amount),
    currency: rule.currency ? String(at(scope, rule.currency) ?? 'CNY') : null,
    threadKey: rule.thread?.key.render(scope, 'zh', rules.words) ?? `${object.system}:${object.type}:${object.id}`,
    threadTitle,
    createdAt: created.toISOString(),
    dueAt: due?.toISOString() ?? null,
    sortAt: (due ?? new Date(created.getTime() + patience[priority]!)).toISOString(),
    url: rule.url?.render(scope, 'zh', rules.words) ?? null,
    facts: renderFacts(rule.facts, scope, rules.words),
    decisions: rule.decisions ? options(rules.file.decisions[rule.decisions]!, scope) : [],
    searchText: [title.zh, title.en, summary?.zh, summary?.en, threadTitle?.zh, threadTitle?.en, object.id]
      .filter(Boolean)
      .join(' ')
      .toLowerCase(),
  }
}

// Without a due date a message wants attention after a time that its priority gives; lists are sorted by it.
export const patience: Record<string, number> = {
  URGENT: 0,
  HIGH: 86_400_000,
  NORMAL: 3 * 86_400_000,
  LOW: 7 * 86_400_000,
}

function recipients(rule: RaiseRule, system: string, scope: Scope, words: Words): PlannedMessage['to'] {
  const natives: PlannedMessage['to']['natives'] = []
  const people: Record<string, unknown>[] = []
  for (const to of rule.to) {
    if (!holds(to.when, scope)) continue
    if ('native' in to) {
      // A field that should name somebody and is empty names nobody: that shows in quarantine, it is not skipped.
      natives.push({
        system: to.system ?? system,
        id: to.native.render(scope, 'zh', words) ?? '—',
        manager: to.manager,
      })
    } else people.push(to.people)
  }
  return { natives, people, label: people.map(query => Object.values(query).join(' ')).join(', ') || rule.slot }
}

function options(set: DecisionSet, scope: Scope): StoredOption[] {
  return set.options.map(({ id, label, tone, commentRequired, inRow }) => ({
    id,
    label,
    tone,
    commentRequired,
    inRow: inRow !== undefined && !commentRequired && holds(inRow, scope),
  }))
}

function versionOf(rule: EventRule, event: CloudEvent, scope: Scope): number {
  const version = rule.version === undefined ? undefined : Number(at(scope, rule.version))
  if (version !== undefined && Number.isSafeInteger(version) && version >= 0) return version
  return new Date(event.time ?? now()).getTime()
}

/** A moment; a calendar day is over at its last minute in the company's zone. */
function dateOf(value: unknown, timeZone: string): Date | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const text = String(value)
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    const date = new Date(text)
    return Number.isNaN(date.getTime()) ? undefined : date
  }
  const guess = new Date(`${text}T23:59:00Z`)
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    })
      .formatToParts(guess)
      .map(part => [part.type, part.value]),
  )
  const there = Date.UTC(
    Number(parts.year),
    Number(parts.month) - 1,
    Number(parts.day),
    Number(parts.hour),
    Number(parts.minute),
  )
  return new Date(guess.getTime() - (there - guess.getTime()))
}
