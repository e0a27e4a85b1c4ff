import { open, seal, sha256 } from '@atrium/platform/secrets'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { addFactor, type NewFactor } from '../factors.ts'
import { enrolPage } from '../pages/step-pages.ts'
import { stepTexts } from '../pages/step-texts.ts'
import { takePasskeyEnrolment } from '../passkey/enrol.ts'
import { passkeyPart } from '../passkey/part.ts'
import type { FactorKind } from '../policy.ts'
import { newTotpSecret, totpCode, totpEnrolment, totpStep } from '../totp.ts'
import { field } from './interaction.ts'
import { keepDetail } from './progress.ts'
import { type Method, proved } from './proved.ts'
import { missingKinds, type Standing } from './standing.ts'
import type { StepRequest } from './step.ts'

/** The kinds among which somebody who must set one up may choose. */
export function kindsToEnrol(standing: Standing): FactorKind[] {
  const { offered } = standing.policy.secondFactor
  const missing = missingKinds(standing)
  const both = missing.filter(kind => offered.includes(kind))
  if (both.length > 0) return both
  return missing.length > 0 ? missing : offered
}

/** Shows how to set up a factor: the same secret however often the page is loaded. */
export async function showEnrol(request: StepRequest, fault?: string, chosen?: FactorKind): Promise<void> {
  const { ctx, parts, standing, page } = request
  const kinds = kindsToEnrol(standing)
  const way = chosen ?? kinds.find(kind => kind === ctx.query.with) ?? kinds[0] ?? 'totp'
  const secret = way === 'totp' ? await secretOf(request) : undefined
  const names = { issuer: parts.config.COMPANY_NAME_EN, username: standing.username }
  enrolPage(
    ctx,
    {
      ...page,
      ...(fault ? { fault, status: 400 } : {}),
      reason: missingKinds(standing).length > 0 ? 'role' : 'level',
      ...(way === 'passkey' ? { passkey: passkeyPart(request, 'enrol', fault) } : {}),
      totp: secret ? totpEnrolment(secret, names) : undefined,
      others: kinds.filter(kind => kind !== way),
    },
    parts.config,
  )
}

async function secretOf({ parts, interaction, progress }: StepRequest): Promise<string | undefined> {
  const key = parts.config.ENCRYPTION_KEY
  const kept = progress.detail.totp
    ? progress.detail
    : await keepDetail(parts.db, interaction.uid, { totp: seal(newTotpSecret(), key) })
  return kept?.totp && open(kept.totp, key)
}

/** Takes the first code of a new authenticator application (`otp`), or a new passkey (`response`). */
export async function takeEnrolment(request: StepRequest): Promise<void> {
  const { ctx, parts, interaction, progress, page } = request
  const text = stepTexts[page.language]
  const answer = field(ctx, 'response')
  if (answer !== undefined) return await takePasskeyEnrolment(request, answer)
  const code = totpCode(field(ctx, 'otp'))
  if (!code) return await showEnrol(request, text.otpMissing)
  const sealed = progress.detail.totp
  const counter = sealed === undefined ? undefined : totpStep(open(sealed, parts.config.ENCRYPTION_KEY), code)
  if (sealed === undefined || counter === undefined) return await showEnrol(request, text.enrolWrong)
  await enrolled(request, {
    methods: ['otp'],
    claim: async trx => {
      const { rows } = await sql`
        update sign_in_progress set detail = detail - 'totp'
        where interaction_hash = ${sha256(interaction.uid)} and detail->>'totp' = ${sealed} returning 1`.execute(trx)
      return rows.length > 0 ? { kind: 'totp', name: text.authenticator, secretSealed: sealed, counter } : undefined
    },
  })
}

/** A factor that somebody set up in the middle of a sign-in. */
export type Enrolment = {
  methods: Method[]
  /** Takes what was being set up, so that of two at once one gets it; undefined for the other. */
  claim: (trx: Kysely<Schema>) => Promise<NewFactor | undefined>
}

/** Adds the factor, which counts for this sign-in too, and keeps its recovery codes until they are read. */
export async function enrolled(request: StepRequest, { methods, claim }: Enrolment): Promise<void> {
  const { ctx, parts, interaction, progress, standing } = request
  const { personId } = progress
  const key = parts.config.ENCRYPTION_KEY
  await parts.db.transaction().execute(async trx => {
    const factor = await claim(trx)
    if (!factor) return
    const owner = { personId, actor: { id: personId, name: standing.name.zh, kind: 'person' as const }, ip: ctx.ip }
    const { recoveryCodes } = await addFactor(trx, owner, factor, key)
    const detail = recoveryCodes ? { codes: seal(JSON.stringify(recoveryCodes), key) } : {}
    await sql`update sign_in_progress set methods = methods || ${methods}::text[], detail = detail || ${JSON.stringify(detail)}::jsonb
      where interaction_hash = ${sha256(interaction.uid)}`.execute(trx)
  })
  // Whoever was slower with the same form is sent where the faster one got to.
  await proved(ctx, parts, interaction, { ...progress, methods: [] }, { within: true })
}
