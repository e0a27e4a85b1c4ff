import { auditSql, auditValues } from '@atrium/platform/audit'
import type { Kysely } from '@atrium/platform/database'
import type { Context } from 'koa'
import type { Provider } from 'oidc-provider'
import type { Config } from '../../config.ts'
import type { Schema } from '../../database/schema.ts'
import { AuthorizationWork, asAuthorizationWork } from '../../oidc/request-work.ts'
import { flush, flushSql } from '../../oidc/rows.ts'

/** How somebody was recognised, as `amr` tells it (RFC 8176); `rc`, a recovery code, is our own. */
export type Method = 'pwd' | 'otp' | 'hwk' | 'user' | 'rc'

/** What has been proved: who this is, how, and whether the session outlives the browser's window. */
export type Proof = { personId: string; methods: Method[]; remember: boolean }

/** What the steps of a sign-in stand on. */
export type SignInParts = { provider: Provider; db: Kysely<Schema>; config: Config }

/** A sign-in that an application has asked for, found by the cookie of its page. */
export type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

/**
 * Where every proof of identity ends, whatever its kind: answers with a redirect to the step that is due next, or, when nothing is,
 * with the end of the sign-in.
 */
export async function proved(ctx: Context, parts: SignInParts, interaction: Interaction, proof: Proof): Promise<void> {
  const work = new AuthorizationWork()
  await asAuthorizationWork(work, async () => {
    interaction.result = {
      login: { accountId: proof.personId, remember: proof.remember, acr: levelOf(proof.methods), amr: proof.methods },
    }
    await interaction.persist()
  })
  const noted = auditValues({
    actor: { id: proof.personId, kind: 'person' },
    action: 'sign_in.succeeded',
    target: { type: 'client', id: String(interaction.params.client_id) },
    outcome: 'success',
    detail: { methods: proof.methods },
    ip: ctx.ip,
  })
  await flush(parts.db, work, { sql: finishedSql, values: noted })
  ctx.status = 303
  ctx.redirect(interaction.returnTo)
}

/** The level (`acr`) that these methods reach: `2` is two factors, or a passkey that verified its user, which is two in one. */
export function levelOf(methods: Method[]): '1' | '2' {
  const possession = methods.some(one => one === 'otp' || one === 'hwk' || one === 'rc')
  const presence = methods.some(one => one === 'pwd' || one === 'user')
  return possession && presence ? '2' : '1'
}

const finishedSql = flushSql(first => `noted as (${auditSql(first)})`)
