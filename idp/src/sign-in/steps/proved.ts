import { type AuditEntry, audit, auditSql, auditValues } from '@atrium/platform/audit'
import type { Kysely } from '@atrium/platform/database'
import { sha256 } from '@atrium/platform/secrets'
import type { Context } from 'koa'
import { CompiledQuery } from 'kysely'
import type { Provider } from 'oidc-provider'
import type { Config } from '../../config.ts'
import type { Schema } from '../../database/schema.ts'
import { wantedLevel } from '../../oidc/acr.ts'
import { begunSession } from '../../oidc/begun-session.ts'
import { type FlushMembers, flush } from '../../oidc/flush.ts'
import { oneSessionResult } from '../../oidc/one-session.ts'
import { AuthorizationWork, asAuthorizationWork } from '../../oidc/request-work.ts'
import { sessionDevice } from '../../oidc/session-device.ts'
import { deviceOf, keepDevice, noteDeviceSql, noteDeviceValues, seenAgainSql, seenAgainValues } from '../devices.ts'
import { takeBackOneSql, takeBackSql, takeBackValues } from '../throttle.ts'
import { goOn, joins, leaveTrace, mayGoOn, onward } from './go-on.ts'
import { goTo } from './interaction.ts'
import { levelOf, type Method } from './methods.ts'
import { nextStep, type Step } from './next-step.ts'
import {
  endProgressSql,
  mostFailures,
  type Progress,
  readProgress,
  writeProgressSql,
  writeProgressValues,
} from './progress.ts'
import { personOf, type Standing } from './standing.ts'
import { isOvertaken, stillHolds, stillHoldsSql, stillHoldsValues } from './still-holds.ts'

export type { Method } from './methods.ts'

/** What has been proved: who this is, how, and whether the session outlives the browser's window. */
export type Proof = { personId: string; methods: Method[]; remember: boolean }

/** What the steps of a sign-in stand on. */
export type SignInParts = { provider: Provider; db: Kysely<Schema>; config: Config }

/** A sign-in that an application has asked for, found by the cookie of its page. */
export type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

type More = { known?: Standing; counted?: Counted; stepUp?: { loginTs: number }; within?: boolean }

/** An attempt that was counted in advance, to be taken back because it was right. */
export type Counted = { username: string; ip: string }

/**
 * Where every proof of identity ends, whatever its kind: answers with a redirect to the step that is due next, or, when nothing is,
 * with the end of the sign-in. What the same person proved before in this interaction counts as well.
 * @param more `known`: what the caller has read of the person; a password begins anew, so nothing that was proved before counts with
 *   it. `counted`: the attempt that this proof was, if it was counted. `stepUp`: the proof is a session that only lacks a level.
 *   `within`: the proof is a step of a sign-in that was begun here, and counts for nothing when that has ended meanwhile.
 */
export async function proved(
  ctx: Context,
  parts: SignInParts,
  interaction: Interaction,
  proof: Proof,
  { known, counted, stepUp, within }: More = {},
): Promise<void> {
  const { standing, before } = known
    ? { standing: known, before: undefined }
    : await readBefore(ctx, parts, interaction, proof.personId)
  if (!standing?.active || (within && !before)) return goTo(ctx, parts, interaction.uid)
  const reached: Reached = {
    personId: proof.personId,
    methods: [...new Set([...(before?.methods ?? []), ...proof.methods])],
    remember: before ? before.remember : proof.remember,
    detail: before?.detail ?? (stepUp ? { stepUp } : {}),
  }
  const step = dueStep(interaction, standing, reached)
  const overtaken = () => beginAnew(ctx, parts, interaction, standing, reached)
  try {
    if (!step) return await finish(ctx, parts, interaction, standing, reached, { counted, atOnce: !before, overtaken })
    if (!before || counted || reached.methods.length > before.methods.length)
      await record(ctx, parts, interaction, standing, reached, step, counted)
  } catch (error) {
    if (!isOvertaken(error)) throw error
    return await overtaken()
  }
  goTo(ctx, parts, interaction.uid, step)
}

/** Somebody has changed the person since what was proved was looked at: it is on record as refused, and the sign-in begins anew. */
async function beginAnew(
  ctx: Context,
  parts: SignInParts,
  interaction: Interaction,
  standing: Standing,
  reached: Reached,
): Promise<void> {
  const entry = entryOf(ctx, interaction, standing, reached)
  const detail = { ...entry.detail, reason: 'account_changed' }
  await audit(parts.db, { ...entry, action: 'sign_in.failed', outcome: 'refused', detail })
  goTo(ctx, parts, interaction.uid, undefined, 'changed')
}

type Reached = Omit<Progress, 'failures'>

/** The step that is due after what was reached; undefined when the person is signed in. */
export function dueStep(interaction: Interaction, standing: Standing, reached: Reached): Step | undefined {
  const { methods, detail } = reached
  const so = { methods, stepUp: detail.stepUp !== undefined, codesWait: detail.codes !== undefined }
  return nextStep(standing, so, wantedLevel(interaction.params))
}

async function readBefore(ctx: Context, { db, config }: SignInParts, { uid }: Interaction, personId: string) {
  const deviceHash = deviceOf(ctx, config).hash
  const { progress, standing } = await readProgress(db, { uid, deviceHash, personId })
  const usable = progress && progress.personId === personId && progress.failures < mostFailures
  return { standing, before: usable ? progress : undefined }
}

/** Notes how far the sign-in has come. A right answer that is not the last takes back its own count only, else a stolen password would give codes without end. */
async function record(
  ctx: Context,
  { db }: SignInParts,
  interaction: Interaction,
  standing: Standing,
  reached: Reached,
  next: Step,
  counted: Counted | undefined,
): Promise<void> {
  const entry = { ...entryOf(ctx, interaction, standing, reached), action: 'sign_in.step' }
  const detail = { ...entry.detail, next }
  const values = [
    ...stillHoldsValues(standing, reached.methods),
    ...countedValues(counted),
    ...writeProgressValues(interaction.uid, reached),
    ...auditValues({ ...entry, detail }),
  ]
  await db.executeQuery(CompiledQuery.raw(recordSql, values))
}

/**
 * The end: who signed in, the record of it, the browser, and that nothing is left of the steps, in one statement; with it what the
 * application is answered, where that needs no request of its own.
 */
async function finish(
  ctx: Context,
  { provider, db, config }: SignInParts,
  interaction: Interaction,
  standing: Standing,
  reached: Reached,
  { counted, atOnce, overtaken }: { counted: Counted | undefined; atOnce: boolean; overtaken: () => Promise<void> },
): Promise<void> {
  const { methods, remember, detail, personId } = reached
  const work = new AuthorizationWork()
  // Of several requests that meet at the end of the steps each would begin a session; coming back, they meet at one interaction.
  const begins = begunSession(config, interaction.jti, personId)
  const goesOn =
    atOnce &&
    mayGoOn(ctx, provider, interaction, standing.policy) &&
    (!interaction.result?.ended || (await joins(db, work, begins)))
  await asAuthorizationWork(work, async () => {
    if (goesOn) leaveTrace(interaction, work)
    // A session that only rises keeps the moment it began: a code is no reason to let it live longer.
    const since = detail.stepUp ? { ts: detail.stepUp.loginTs } : {}
    const login = { accountId: personId, remember, acr: levelOf(methods), amr: methods, ...since }
    interaction.result = { login, ...(standing.policy.oneSession ? oneSessionResult : {}) }
    await interaction.persist()
  })
  const device = deviceOf(ctx, config)
  const entry = { ...entryOf(ctx, interaction, standing, reached), action: 'sign_in.succeeded' }
  const factorGiven = remember && methods.some(one => one !== 'pwd')
  const noted = standing.knownDevice
    ? seenAgainValues(device, { personId, factorGiven })
    : noteDeviceValues(device, { personId, factorGiven, notice: standing.policy.newDeviceNotice })
  const holds = stillHoldsValues(standing, methods)
  const values = [...holds, ...countedValues(counted), ...auditValues(entry), sha256(interaction.uid), ...noted]
  work.also = { members: standing.knownDevice ? endedAgain : ended, values }
  keepDevice(ctx, config, device)
  if (goesOn) {
    work.begins = begins
    work.person = personOf(standing)
    // A browser that was not known before gets its cookie with this answer.
    work.device = sessionDevice(ctx, device.hash)
    return goOn(ctx, interaction, work, overtaken)
  }
  await flush(db, work)
  ctx.status = 303
  ctx.redirect(onward(interaction, config.ISSUER))
}

const recordSql = `with ${stillHoldsSql(1)}, ${takeBackOneSql(3)}, ${writeProgressSql(5)}, noted as (${auditSql(12)})
  select 1 from progress where ${stillHolds}`

const endSql = (first: number, device: (first: number) => string): ReturnType<FlushMembers> => ({
  members: `${stillHoldsSql(first)}, ${takeBackSql(first + 2)}, noted as (${auditSql(first + 4)}), ${endProgressSql(first + 11)}, ${device(first + 12)}`,
  condition: stillHolds,
})
const ended: FlushMembers = first => endSql(first, noteDeviceSql)
const endedAgain: FlushMembers = first => endSql(first, seenAgainSql)

function countedValues(counted: Counted | undefined): (string | null)[] {
  return counted ? takeBackValues(counted) : [null, null]
}

function entryOf(
  ctx: Context,
  interaction: Interaction,
  { id, name }: Standing,
  { methods }: Reached,
): Omit<AuditEntry, 'action'> {
  return {
    actor: { id, name: name.zh, kind: 'person' },
    target: { type: 'client', id: String(interaction.params.client_id) },
    outcome: 'success',
    detail: { methods, userAgent: ctx.get('user-agent').slice(0, 400) },
    ip: ctx.ip,
  }
}
