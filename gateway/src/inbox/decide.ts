import { audit } from '@atrium/platform/audit'
import { now } from '@atrium/platform/clock'
import { enqueue } from '@atrium/platform/outbox'
import { seal } from '@atrium/platform/secrets'
import { decodeJwt } from 'jose'
import { type Kysely, type Selectable, sql } from 'kysely'
import { type Person, rightsIn } from '../access/person.ts'
import type { Credential, Systems } from '../systems/types.ts'
import { findMessage, type MessageRow } from './messages.ts'
import type { Rules } from './rules/plan.ts'
import type { DecisionTable, InboxTables, Text } from './tables.ts'
import type { Wake } from './wake.ts'

/** Topic of the deliveries that carry decisions out. */
export const decisionTopic = 'inbox.decision'

export interface DecideInput {
  message: string
  decision: string
  comment?: string | null | undefined
  idempotencyKey: string
}

/** Why a decision was not taken; `words` say what would be right. */
export class DecisionRefused extends Error {
  readonly code: 'BAD_INPUT' | 'NOT_FOUND'
  readonly words: Text

  constructor(code: 'BAD_INPUT' | 'NOT_FOUND', words: Text) {
    super(words.en)
    this.code = code
    this.words = words
  }
}

export interface DecideParts {
  db: Kysely<InboxTables>
  systems: Systems
  rules: Rules
  encryptionKey: Buffer
  wake: Wake
  /** tells the worker of this process at once */
  nudge(): void
}

/**
 * Takes a person's decision: kept as PENDING in the same transaction as the delivery that will carry it out in the system
 * of origin, under the person's own token for that system. The same key again gives the first answer; once a decision is
 * under way or confirmed another key changes nothing either.
 * @throws DecisionRefused, UpstreamError when no token for the system can be had
 */
export async function decide(
  parts: DecideParts,
  person: Person,
  credential: Credential,
  input: DecideInput,
): Promise<MessageRow> {
  if (input.idempotencyKey.length < 8 || input.idempotencyKey.length > 200) {
    throw refused('idempotencyKey 需要 8 到 200 个字符', 'idempotencyKey takes 8 to 200 characters')
  }
  if ((input.comment?.length ?? 0) > 2000) throw refused('意见最多 2000 字', 'A comment takes at most 2000 characters')
  const before = await settledAlready(parts.db, person, input)
  if (before) return before

  const message = await findMessage(parts.db, person.id, input.message)
  if (!message) throw notFound()
  const option = message.decisions.find(candidate => candidate.id === input.decision)
  const setName = parts.rules.file.events[message.type]?.raise.find(rule => rule.slot === message.slot)?.decisions
  const set = setName === undefined ? undefined : parts.rules.file.decisions[setName]
  if (!option || !setName || !set?.options.some(candidate => candidate.id === input.decision)) {
    const offered = message.decisions.map(candidate => candidate.id).join(', ') || '—'
    throw refused(
      `这条消息不能做“${input.decision}”；可以做：${offered}`,
      `This message does not offer "${input.decision}"; it offers: ${offered}`,
    )
  }
  if (option.commentRequired && !input.comment?.trim()) {
    throw refused(`“${option.label.zh}”需要写意见`, `"${option.label.en}" needs a comment`)
  }
  if (message.closed_at) throw alreadySettled(message)

  // Before the transaction: no lock waits for another system.
  const leave = await leaveFor(parts, set.system, person, credential)
  const taken = await parts.db.transaction().execute(async trx => {
    await sql`select 1 from inbox_counter where person_id = ${person.id} for update`.execute(trx)
    const earlier = await settledAlready(trx, person, input)
    if (earlier) return earlier
    const current = (await findMessage(trx, person.id, input.message))!
    if (current.closed_at) throw alreadySettled(current)
    const { id } = await trx
      .insertInto('decision')
      .values({
        message_id: message.id,
        person_id: person.id,
        idempotency_key: input.idempotencyKey,
        decision_set: setName,
        decision: input.decision,
        comment: input.comment?.trim() || null,
        reason: 'null',
        token_sealed: seal(leave.token, parts.encryptionKey),
        token_expires_at: leave.expiresAt,
        native_id: rightsIn(person, set.system).id,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    await sql`update inbox_message set decision_id = ${id}, read = true where id = ${message.id}`.execute(trx)
    await sql`select inbox_log_changes(array[${message.id}]::uuid[], 'decided')`.execute(trx)
    await enqueue(trx, { topic: decisionTopic, key: id, payload: {} })
    await audit(trx, {
      actor: { id: person.id, name: person.name.zh, kind: 'person' },
      action: `decision.${input.decision}`,
      target: { type: message.subject_type, id: message.subject_id, name: message.title.zh },
      outcome: 'success',
      detail: { system: set.system, decision: id, phase: 'PENDING' },
    })
    return undefined
  })
  if (!taken) {
    parts.wake.send([person.id])
    parts.nudge()
  }
  return taken ?? (await findMessage(parts.db, person.id, input.message))!
}

/** The answer to a repeat: the message as it stands, when this key was used or a decision is under way or confirmed. */
async function settledAlready(
  db: Kysely<InboxTables>,
  person: Person,
  input: DecideInput,
): Promise<MessageRow | undefined> {
  const used = await db
    .selectFrom('decision')
    .selectAll()
    .where('person_id', '=', person.id)
    .where('idempotency_key', '=', input.idempotencyKey)
    .executeTakeFirst()
  if (used) {
    if (!sameDecision(used, input)) {
      throw refused('这个 idempotencyKey 已用于另一个决定', 'This idempotencyKey was used for a different decision')
    }
    return await findMessage(db, person.id, used.message_id)
  }
  const message = await findMessage(db, person.id, input.message)
  if (!message?.decided || message.decided.phase === 'REFUSED') return undefined
  if (message.decided.decision !== input.decision) throw alreadySettled(message)
  return message
}

function sameDecision(row: Selectable<DecisionTable>, input: DecideInput): boolean {
  return (
    row.message_id === input.message &&
    row.decision === input.decision &&
    (row.comment ?? '') === (input.comment?.trim() ?? '')
  )
}

/** How long a decision may be carried out in the name of who took it, where no token says so. */
const namedMs = 600_000

/** What lets the gateway act for the person later: their token for the system, or that they asked just now. */
async function leaveFor(
  parts: DecideParts,
  system: string,
  person: Person,
  credential: Credential,
): Promise<{ token: string; expiresAt: Date }> {
  const client = parts.systems.get(system)
  if (!client.namesPeople) {
    const token = await client.exchange(credential)
    return { token, expiresAt: expiryOf(token) }
  }
  const account = rightsIn(person, system).id
  if (account === null) {
    const { zh, en } = client.describe().name
    throw refused(`你在 ${zh} 没有账号`, `You have no account in ${en}`)
  }
  return { token: account, expiresAt: new Date(now().getTime() + namedMs) }
}

function expiryOf(token: string): Date {
  const { exp } = decodeJwt(token)
  return new Date((exp ?? Date.now() / 1000 + 60) * 1000)
}

function alreadySettled(message: MessageRow): DecisionRefused {
  const label = message.decisions.find(option => option.id === message.decided?.decision)?.label
  return label
    ? refused(`已经决定：${label.zh}`, `Already decided: ${label.en}`)
    : refused(`已经办结：${message.close_reason?.zh ?? ''}`, `Already settled: ${message.close_reason?.en ?? ''}`)
}

function refused(zh: string, en: string): DecisionRefused {
  return new DecisionRefused('BAD_INPUT', { zh, en })
}

function notFound(): DecisionRefused {
  return new DecisionRefused('NOT_FOUND', { zh: '你的消息里没有这一条', en: 'There is no such message of yours' })
}
