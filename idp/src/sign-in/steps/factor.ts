import { audit } from '@atrium/platform/audit'
import { now } from '@atrium/platform/clock'
import type { Kysely } from '@atrium/platform/database'
import { open, sha256 } from '@atrium/platform/secrets'
import { sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { queueMail } from '../../mail/mail.ts'
import { refusal } from '../authenticate.ts'
import { factorPage, type Way } from '../pages/step-pages.ts'
import { stepTexts } from '../pages/step-texts.ts'
import { takePasskeyFactor } from '../passkey/factor.ts'
import { passkeyPart } from '../passkey/part.ts'
import { hashOf, recoveryCode } from '../recovery.ts'
import { type Admission, admitAttempt } from '../throttle.ts'
import { totpCode, totpStep } from '../totp.ts'
import { field, goTo } from './interaction.ts'
import { countFailure, mostFailures } from './progress.ts'
import { type Method, proved } from './proved.ts'
import { admissionRefused } from './refusal.ts'
import { usableKinds } from './standing.ts'
import type { StepRequest } from './step.ts'

/** Shows the way that was used last, or the one that was chosen among the person's own. */
export async function showFactor(
  request: StepRequest,
  fault?: { way: Way; text: string; status: number },
): Promise<void> {
  const { ctx, parts, page, standing, progress } = request
  const ways: Way[] = [...usableKinds(standing), ...(standing.recoveryCodes > 0 ? (['recovery'] as const) : [])]
  const way = fault?.way ?? ways.find(one => one === ctx.query.with) ?? ways[0] ?? 'totp'
  factorPage(
    ctx,
    {
      ...page,
      ...(fault ? { fault: fault.text, status: fault.status } : {}),
      ...(way === 'passkey' ? { passkey: passkeyPart(request, 'factor', fault?.text) } : {}),
      way,
      others: ways.filter(one => one !== way),
      trustedDays: progress.remember ? standing.policy.secondFactor.askAgainDays : 0,
    },
    parts.config,
  )
}

/** Takes a code of the authenticator application (`otp`), a recovery code (`recovery`), or a passkey's answer (`response`). */
export async function takeFactor(request: StepRequest): Promise<void> {
  const { ctx, page } = request
  const text = stepTexts[page.language]
  const answer = field(ctx, 'response')
  if (answer !== undefined) return await takePasskeyFactor(request, answer)
  const typed = field(ctx, 'recovery')
  if (typed !== undefined) {
    const code = recoveryCode(typed)
    if (!code) return await showFactor(request, { way: 'recovery', text: text.recoveryMissing, status: 400 })
    return await tryFactor(request, 'recovery', async () =>
      (await takeRecoveryCode(request, code)) ? ['rc'] : { text: text.recoveryWrong, reason: 'wrong_recovery_code' },
    )
  }
  const code = totpCode(field(ctx, 'otp'))
  if (!code) return await showFactor(request, { way: 'totp', text: text.otpMissing, status: 400 })
  await tryFactor(request, 'totp', async () =>
    (await takeTotp(request, code)) ? ['otp'] : { text: text.otpWrong, reason: 'wrong_code' },
  )
}

/** What was wrong with an answer: for the page, and for the audit log. */
export type Wrong = { text: string; reason: string }

/** One try, under the same limits as a password: counted before it is looked at, taken back when it was right. */
export async function tryFactor(request: StepRequest, way: Way, take: () => Promise<Method[] | Wrong>): Promise<void> {
  const { ctx, parts, interaction, progress, standing, page } = request
  const counted = { username: standing.username, ip: ctx.ip }
  const { admission } = await admitAttempt(parts.db, counted)
  if (!admission.admitted) {
    await refuse(request, admission.locked ? 'locked' : 'too_soon')
    return await showFactor(request, { way, ...admissionRefused(ctx, page.language, admission) })
  }
  const taken = await take()
  if (!Array.isArray(taken)) return await fail(request, way, taken, admission)
  await proved(ctx, parts, interaction, { ...progress, methods: taken }, { counted, within: true })
}

async function fail(
  request: StepRequest,
  way: Way,
  wrong: Wrong,
  admission: Extract<Admission, { admitted: true }>,
): Promise<void> {
  const { ctx, parts, interaction, standing, page } = request
  const failures = await countFailure(parts.db, interaction.uid)
  await refuse(request, wrong.reason)
  if (admission.lockedBy) {
    const { clientId, ip } = attemptOf(request)
    await audit(parts.db, { ...refusal({ clientId, ip }, standing), action: 'sign_in.locked' })
    const locked = { admitted: false as const, locked: true, seconds: admission.lockedBy.seconds }
    return await showFactor(request, { way, ...admissionRefused(ctx, page.language, locked) })
  }
  if (failures >= mostFailures) return goTo(ctx, parts, interaction.uid, undefined, 'codes')
  await showFactor(request, { way, text: wrong.text, status: 401 })
}

/** Takes the time step of a code, once, and notes the method in the same statement. */
async function takeTotp({ parts, progress, interaction }: StepRequest, code: string): Promise<boolean> {
  const factors = await parts.db
    .selectFrom('factor')
    .select(['id', 'secret_sealed'])
    .where('person_id', '=', progress.personId)
    .where('kind', '=', 'totp')
    .execute()
  for (const { id, secret_sealed } of factors) {
    const step = secret_sealed === null ? undefined : totpStep(open(secret_sealed, parts.config.ENCRYPTION_KEY), code)
    if (step !== undefined && (await takeStep(parts.db, id, step, interaction.uid))) return true
  }
  return false
}

async function takeStep(db: Kysely<Schema>, factorId: string, step: number, uid: string): Promise<boolean> {
  const { rows } = await sql`
    with taken as (
      update factor set counter = ${step}, last_used_at = ${now()} where id = ${factorId} and counter < ${step} returning 1)
    update sign_in_progress set methods = array_append(methods, 'otp')
    where interaction_hash = ${sha256(uid)} and exists (select from taken) returning 1`.execute(db)
  return rows.length > 0
}

/** Takes a recovery code, once, notes the method, and tells the person. */
async function takeRecoveryCode(request: StepRequest, code: string): Promise<boolean> {
  const { ctx, parts, progress, interaction, standing } = request
  const { personId } = progress
  return await parts.db.transaction().execute(async trx => {
    const { rows } = await sql<{ left: number }>`
      with taken as (
        update recovery_code set used_at = ${now()}
        where person_id = ${personId} and code_hash = ${hashOf(code, personId, parts.config.ENCRYPTION_KEY)} and used_at is null
        returning 1)
      update sign_in_progress set methods = array_append(methods, 'rc')
      where interaction_hash = ${sha256(interaction.uid)} and exists (select from taken)
      returning (select count(*)::int - 1 from recovery_code where person_id = ${personId} and used_at is null) as left`.execute(
      trx,
    )
    const left = rows[0]?.left
    if (left === undefined) return false
    await queueMail(trx, { personId, kind: 'recovery_code_used', values: { left, ip: ctx.ip } })
    await audit<Schema>(trx, {
      actor: { id: personId, name: standing.name.zh, kind: 'person' },
      action: 'recovery_code.used',
      target: { type: 'person', id: personId, name: standing.name.zh },
      outcome: 'success',
      detail: { left },
      ip: ctx.ip,
    })
    return true
  })
}

async function refuse(request: StepRequest, reason: string): Promise<void> {
  await audit(request.parts.db, {
    ...refusal(attemptOf(request), request.standing, reason),
    action: 'sign_in.failed',
  })
}

function attemptOf({ ctx, interaction }: StepRequest) {
  return {
    clientId: String(interaction.params.client_id),
    ip: ctx.ip,
    userAgent: ctx.get('user-agent').slice(0, 400),
  }
}
