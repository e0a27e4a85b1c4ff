import type { Kysely } from 'kysely'
import { findPeopleByNative } from '../access/people.ts'
import { type Person, rightsIn } from '../access/person.ts'
import type { PeopleTables } from '../access/tables.ts'
import type { Credential, Systems } from '../systems/types.ts'
import type { MessageRow } from './messages.ts'
import { both, type Rules, renderFacts } from './rules/plan.ts'
import { at, type Scope } from './rules/template.ts'
import { asInput, pick } from './system-state.ts'
import type { StoredFact, Text } from './tables.ts'

/** What the system of origin tells of a message's object at the moment it is opened. */
export interface MessageDetail {
  facts: StoredFact[]
  history: { at: Date | null; by: Text | null; action: Text | null; comment: string | null }[]
  customer: string | null
  contract: string | null
  body: Text | null
}

/**
 * Reads the object of a message live, with the rights of the person who opens it.
 * @returns null when the rules name no detail for it
 * @throws UpstreamError
 */
export async function readDetail(
  parts: { db: Kysely<PeopleTables>; systems: Systems; rules: Rules },
  message: MessageRow,
  person: Person,
  credential: Credential,
  deadline: number,
): Promise<MessageDetail | null> {
  const { file, words } = parts.rules
  const name = file.events[message.type]?.raise.find(rule => rule.slot === message.slot)?.detail
  const rule = name === undefined ? undefined : file.details[name]
  if (!rule) return null
  const context: Scope = {
    subject: { type: message.subject_type, id: message.subject_id },
    thread: { id: message.thread_key.slice(message.thread_key.lastIndexOf(':') + 1) },
    person: { id: person.id, native: rightsIn(person, rule.system).id },
  }
  const answer = await parts.systems
    .get(rule.system)
    .invoke(rule.operation, asInput(rule.input, context, words), { credential, deadline, safe: true })
  const object = pick(answer, rule.find, context, words)
  if (object === null || typeof object !== 'object') return null
  // Just checked to be an object; templates look up own properties only.
  const scope = { ...object, ...context } as Scope
  const steps = rule.history ? at(object, rule.history.in) : undefined
  const list = Array.isArray(steps) ? steps : []
  const names = rule.history?.byIsUserId
    ? await findPeopleByNative(
        parts.db,
        rule.system,
        list.map(step => String(at(step, rule.history!.by) ?? '')),
      )
    : undefined
  const text = (path: string | undefined): string | null => {
    const value = path === undefined ? undefined : at(object, path)
    return value === undefined || value === null || value === '' ? null : String(value)
  }
  return {
    facts: renderFacts(rule.facts, scope, words),
    history: list.map(step => {
      const by = at(step, rule.history!.by)
      const action = at(step, rule.history!.action)
      const when = at(step, rule.history!.at)
      const comment = at(step, rule.history!.comment)
      const date = new Date(String(when))
      const label = rule.history!.actionLabels ? words.labels[rule.history!.actionLabels]?.[String(action)] : undefined
      return {
        at: Number.isNaN(date.getTime()) ? null : date,
        by:
          by === undefined || by === null ? null : (names?.get(String(by))?.name ?? { zh: String(by), en: String(by) }),
        action: action === undefined || action === null ? null : (label ?? { zh: String(action), en: String(action) }),
        comment: comment === undefined || comment === null ? null : String(comment),
      }
    }),
    customer: text(rule.customer),
    contract: text(rule.contract),
    body: rule.body ? both(rule.body, scope, words) : null,
  }
}
