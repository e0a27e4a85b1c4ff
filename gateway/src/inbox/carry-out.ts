import { audit } from '@atrium/platform/audit'
import { now } from '@atrium/platform/clock'
import type { Delivery, DeliveryOutcome } from '@atrium/platform/outbox'
import { open } from '@atrium/platform/secrets'
import { type Kysely, type Selectable, sql } from 'kysely'
import type { Logger } from 'pino'
import { type Credential, type Systems, UpstreamError } from '../systems/types.ts'
import type { Rules } from './rules/plan.ts'
import type { DecisionRule, DecisionSet } from './rules/schema.ts'
import { at, type Scope } from './rules/template.ts'
import { asInput, type ObjectState, readObjectState } from './system-state.ts'
import type { DecisionTable, InboxTables, Text } from './tables.ts'
import type { Wake } from './wake.ts'

/**
 * Carries a decision out in its system of origin, so that it happens there once although the system takes no idempotency
 * key and records a repeat as a second decision.
 *
 *   PENDING ──call──► answered as decided ──────────────────────────► CONFIRMED, message DONE
 *      │  ├── refused (business reason) ──► object still open? ──yes──► REFUSED, message returns with the reason
 *      │  │                                        └──no──► judged by its state, below
 *      │  ├── not sent ──► PENDING, tried again
 *      │  └── outcome unknown, or the process died ──► IN_DOUBT
 *      ▼
 *   before every call but the first, and for IN_DOUBT: read the object's state
 *      decided so, by this person ──► CONFIRMED        decided otherwise ──► REFUSED, message DONE
 *      still open ──► a call whose answer was lost may still be at work there: wait until `settleMs` after it, then call again
 *      unreadable ──► IN_DOUBT, read again
 *   token expired ──► nothing is sent any more; still open `settleMs` after the last call ──► REFUSED, message returns
 */
export interface CarryOutParts {
  db: Kysely<InboxTables>
  systems: Systems
  rules: Rules
  encryptionKey: Buffer
  wake: Wake
  log: Logger
  /** delays between attempts, ms; the last one repeats, for a decision is never given up while nobody knows */
  delays: number[]
}

type Job = {
  decision: Selectable<DecisionTable>
  set: DecisionSet
  rule: DecisionRule
  scope: Scope
  subject: { type: string; id: string; name: string }
}

/** The handler of the outbox for one decision. */
export async function carryOut(parts: CarryOutParts, item: Delivery): Promise<DeliveryOutcome> {
  const job = await loadJob(parts, item.key)
  if (job === undefined) return 'done'
  if ('dead' in job) return job
  const { decision, set } = job
  const delay = parts.delays[Math.min(item.attempts, parts.delays.length - 1)] ?? 1000
  const later = (error: string): DeliveryOutcome => ({ error, retryInMs: delay })
  const token = tokenOf(parts, decision)

  if (item.attempts > 0 || decision.calls > 0 || !token) {
    const state = await tryRead(parts, job, token)
    if (state instanceof Error) {
      if (decision.calls > 0) await doubt(parts, job)
      return later(state.message)
    }
    if (!set.open.includes(state.state)) return await judge(parts, job, state)
    const wait = (decision.called_at?.getTime() ?? 0) + set.settleMs - now().getTime()
    if (decision.calls > 0 && wait > 0) {
      await doubt(parts, job)
      return { error: 'the system may still be working on the first call', retryInMs: Math.min(wait + 20, delay) }
    }
  }
  if (!token) return await refuse(parts, job, tokenExpired(parts, set), false)
  return await call(parts, job, token, later)
}

async function call(
  parts: CarryOutParts,
  job: Job,
  token: string,
  later: (error: string) => DeliveryOutcome,
): Promise<DeliveryOutcome> {
  const { decision, set, rule } = job
  const credential = credentialOf(parts, job, token)
  const { rows } = await sql`
    update decision set calls = calls + 1, called_at = ${now()} where id = ${decision.id} and calls = ${decision.calls} and phase in ('PENDING', 'IN_DOUBT') returning id`.execute(
    parts.db,
  )
  // Another worker took the row when our lock ran out, and marked its call first.
  if (rows.length === 0) return later('another worker is at it')
  try {
    const answer = await parts.systems
      .get(set.system)
      .invoke(rule.operation, asInput(rule.input, job.scope, parts.rules.words), {
        credential,
        deadline: Date.now() + set.timeoutMs,
        safe: false,
      })
    const state = at(answer, set.read.state)
    if (state !== undefined && rule.becomes.includes(String(state))) return await confirm(parts, job)
    // Answered, but not with the state: the system is asked.
    const found = await tryRead(parts, job, token)
    if (found instanceof Error || set.open.includes(found.state)) {
      await doubt(parts, job)
      return later('the system answered, but does not show the decision yet')
    }
    return await judge(parts, job, found)
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error
    if (error.outcome === 'unknown') {
      await doubt(parts, job)
      return later(error.message)
    }
    // The system did nothing with this call, so no earlier one is left in doubt by it.
    await sql`update decision set calls = calls - 1, called_at = ${decision.called_at} where id = ${decision.id}`.execute(
      parts.db,
    )
    if (error.outcome === 'not_sent' || (error.retryable && error.code !== 'UPSTREAM_UNAUTHENTICATED'))
      return later(error.message)
    if (error.code === 'UPSTREAM_UNAUTHENTICATED') return await refuse(parts, job, tokenExpired(parts, set), false)
    const found = await tryRead(parts, job, token)
    if (!(found instanceof Error) && !set.open.includes(found.state))
      return await judge(parts, job, found, reasonOf(parts, set, error))
    return await refuse(parts, job, reasonOf(parts, set, error), false)
  }
}

/** The object is not open any more: this decision did it, or another one did. */
async function judge(parts: CarryOutParts, job: Job, state: ObjectState, words?: Text): Promise<DeliveryOutcome> {
  const ours = job.rule.becomes.includes(state.state) && (state.by === undefined || state.by === job.decision.native_id)
  if (ours) return await confirm(parts, job)
  const name = systemName(parts, job.set.system)
  const reason = words ?? {
    zh: `${name.zh} 里已由${state.by ?? '别人'}决定`,
    en: `Already decided in ${name.en}${state.by ? ` by ${state.by}` : ''}`,
  }
  return await refuse(parts, job, reason, true)
}

async function confirm(parts: CarryOutParts, job: Job): Promise<DeliveryOutcome> {
  await settle(parts, job, 'CONFIRMED', null, async trx => {
    const label = job.rule.label
    const reason = JSON.stringify({ zh: `你已${label.zh}`, en: `You chose: ${label.en}` })
    await sql`
      update inbox_message set state = case when state = 'ARCHIVED' then 'ARCHIVED' else 'DONE' end, snoozed_until = null,
        closed_at = coalesce(closed_at, ${now()}), close_reason = coalesce(nullif(close_reason, 'null'), ${reason}::jsonb)
      where id = ${job.decision.message_id}`.execute(trx)
  })
  return 'done'
}

async function refuse(parts: CarryOutParts, job: Job, reason: Text, objectClosed: boolean): Promise<DeliveryOutcome> {
  await settle(parts, job, 'REFUSED', reason, async trx => {
    if (objectClosed) {
      await sql`
        update inbox_message set state = case when state = 'ARCHIVED' then 'ARCHIVED' else 'DONE' end, snoozed_until = null,
          closed_at = coalesce(closed_at, ${now()}), close_reason = coalesce(nullif(close_reason, 'null'), ${JSON.stringify(reason)}::jsonb)
        where id = ${job.decision.message_id}`.execute(trx)
      return
    }
    // It returns, wherever the person had put it meanwhile, and is unread: something happened to it.
    await sql`
      update inbox_message set state = case when closed_at is null then 'OPEN' else state end, snoozed_until = null, read = false
      where id = ${job.decision.message_id}`.execute(trx)
  })
  return 'done'
}

/** One transaction: the decision's phase once, the message, the log, the audit. A second settlement changes nothing. */
async function settle(
  parts: CarryOutParts,
  job: Job,
  phase: 'CONFIRMED' | 'REFUSED',
  reason: Text | null,
  write: (trx: Kysely<InboxTables>) => Promise<void>,
): Promise<void> {
  const { decision, set, subject } = job
  const written = await parts.db.transaction().execute(async trx => {
    await sql`select 1 from inbox_counter where person_id = ${decision.person_id} for update`.execute(trx)
    const { rows } = await sql`
      update decision set phase = ${phase}, reason = ${JSON.stringify(reason)}::jsonb, settled_at = ${now()}, token_sealed = null
      where id = ${decision.id} and phase in ('PENDING', 'IN_DOUBT') returning id`.execute(trx)
    if (rows.length === 0) return false
    await write(trx)
    await sql`select inbox_log_changes(array[${decision.message_id}]::uuid[], ${phase.toLowerCase()})`.execute(trx)
    await audit(trx, {
      actor: { id: decision.person_id, kind: 'person' },
      action: `decision.${decision.decision}`,
      target: subject,
      outcome: phase === 'CONFIRMED' ? 'success' : 'refused',
      detail: {
        system: set.system,
        decision: decision.id,
        phase,
        calls: decision.calls,
        ...(reason ? { reason: reason.en } : {}),
      },
    })
    return true
  })
  if (written) parts.wake.send([decision.person_id])
}

async function doubt(parts: CarryOutParts, job: Job): Promise<void> {
  const { decision } = job
  const changed = await parts.db.transaction().execute(async trx => {
    await sql`select 1 from inbox_counter where person_id = ${decision.person_id} for update`.execute(trx)
    const { rows } =
      await sql`update decision set phase = 'IN_DOUBT' where id = ${decision.id} and phase = 'PENDING' returning id`.execute(
        trx,
      )
    if (rows.length > 0)
      await sql`select inbox_log_changes(array[${decision.message_id}]::uuid[], 'in_doubt')`.execute(trx)
    return rows.length > 0
  })
  if (changed) parts.wake.send([decision.person_id])
}

async function loadJob(parts: CarryOutParts, id: string): Promise<Job | { dead: string } | undefined> {
  const decision = await parts.db.selectFrom('decision').selectAll().where('id', '=', id).executeTakeFirst()
  if (!decision || decision.phase === 'CONFIRMED' || decision.phase === 'REFUSED') return undefined
  const message = await parts.db
    .selectFrom('inbox_message as m')
    .leftJoin('event_in as e', join => join.onRef('e.source', '=', 'm.source').onRef('e.id', '=', 'm.event_id'))
    .select(['m.subject_type', 'm.subject_id', 'm.title', 'e.data'])
    .where('m.id', '=', decision.message_id)
    .executeTakeFirstOrThrow()
  const set = parts.rules.file.decisions[decision.decision_set]
  const rule = set?.options.find(option => option.id === decision.decision)
  const subject = { type: message.subject_type, id: message.subject_id, name: message.title.zh }
  if (!set || !rule)
    return { dead: `messages.yaml has no decision ${decision.decision_set}/${decision.decision} any more` }
  const scope: Scope = {
    subject,
    // What the event told of it; gone when events are kept no longer.
    data: message.data ?? {},
    comment: decision.comment ?? '',
    person: { id: decision.person_id, native: decision.native_id },
  }
  return { decision, set, rule, scope, subject }
}

/** The person's token for the system; undefined once it is too old to survive a call. */
function tokenOf(parts: CarryOutParts, decision: Selectable<DecisionTable>): string | undefined {
  const expires = decision.token_expires_at?.getTime() ?? 0
  if (!decision.token_sealed || expires <= now().getTime() + 2000) return undefined
  return open(decision.token_sealed, parts.encryptionKey)
}

/** The person's token, or their name where the system is told who acts by name. */
function credentialOf(parts: CarryOutParts, { set, decision }: Job, token: string): Credential {
  if (!parts.systems.get(set.system).namesPeople) return { kind: 'bearer', token }
  const account = (system: string): string | null => (system === set.system ? token : null)
  return { kind: 'person', personId: decision.person_id, accessToken: '', account }
}

/** Reads as the person while their token lives, else with the gateway's own account, which may read but decides nothing. */
async function tryRead(parts: CarryOutParts, job: Job, token: string | undefined): Promise<ObjectState | Error> {
  const credentials: Credential[] = token
    ? [credentialOf(parts, job, token), { kind: 'service' }]
    : [{ kind: 'service' }]
  let failure: Error = new Error('not read')
  for (const credential of credentials) {
    try {
      return await readObjectState(parts.systems, job.set, job.scope, parts.rules.words, credential)
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error
      failure = error
      if (error.outcome !== 'refused') return error
    }
  }
  return failure
}

function tokenExpired(parts: CarryOutParts, set: DecisionSet): Text {
  const name = systemName(parts, set.system)
  return {
    zh: `${name.zh} 应答之前，你在那里的登录已过期；决定没有执行，请再决定一次`,
    en: `Your sign-in to ${name.en} ran out before it answered; nothing was decided there, decide again`,
  }
}

function reasonOf(parts: CarryOutParts, set: DecisionSet, error: UpstreamError): Text {
  const name = systemName(parts, set.system)
  return error.reason
    ? { zh: `${name.zh} 拒绝了：${error.reason}`, en: `${name.en} refused: ${error.reason}` }
    : { zh: `${name.zh} 拒绝了这个决定`, en: `${name.en} refused this decision` }
}

function systemName(parts: CarryOutParts, id: string): Text {
  return parts.systems.get(id).describe().name
}
