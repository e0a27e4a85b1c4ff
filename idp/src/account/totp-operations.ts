import { randomBytes } from 'node:crypto'
import { now } from '@atrium/platform/clock'
import { Problem } from '@atrium/platform/problem'
import { open, seal, sha256 } from '@atrium/platform/secrets'
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import { moment } from '../admin/schemas.ts'
import type { Schema } from '../database/schema.ts'
import { addFactor } from '../sign-in/factors.ts'
import { readSignInPolicy } from '../sign-in/policy.ts'
import { newTotpSecret, totpCode, totpEnrolment, totpStep } from '../sign-in/totp.ts'
import { accountOperation, requireFresh } from './caller.ts'
import { factor, factorName, recoveryCodes } from './factor-operations.ts'

const tag = 'Factors'

const minutes = 15

// A person has a few devices; a script that adds them without end fills the table.
const most = 20

/** Setting up an authenticator application: a secret, then the first code that it makes. */
export const totpOperations = [
  accountOperation({
    id: 'beginTotp',
    method: 'post',
    path: '/account/totp',
    summary: 'A secret for a new authenticator application',
    tag,
    answer: z
      .object({
        enrolment: z.string(),
        secret: z.string().describe('Base32, for typing'),
        uri: z.string().describe('otpauth:// address'),
        qr: z.string().describe('The address as a QR code, SVG'),
        expiresAt: moment,
      })
      .meta({ id: 'TotpEnrolment' }),
    status: 201,
    problems: [403, 409],
    handle: async ({ caller, deps: { db, config } }) => {
      await requireFresh(caller, db)
      await mayAdd(db, caller.person.id)
      const enrolment = randomBytes(24).toString('base64url')
      const secret = newTotpSecret()
      const expiresAt = new Date(now().getTime() + minutes * 60_000)
      await db.transaction().execute(async trx => {
        // One at a time: a secret that nobody scanned opens nothing for long.
        await trx
          .deleteFrom('factor_challenge')
          .where('person_id', '=', caller.person.id)
          .where('purpose', '=', 'totp_enrolment')
          .execute()
        await trx
          .insertInto('factor_challenge')
          .values({
            id_hash: sha256(enrolment),
            purpose: 'totp_enrolment',
            person_id: caller.person.id,
            secret_sealed: seal(secret, config.ENCRYPTION_KEY),
            expires_at: expiresAt,
          })
          .execute()
      })
      const names = { issuer: config.COMPANY_NAME_EN, username: caller.person.username }
      return { enrolment, ...totpEnrolment(secret, names), expiresAt }
    },
  }),
  accountOperation({
    id: 'confirmTotp',
    method: 'post',
    path: '/account/totp/{enrolment}/confirm',
    summary: 'Confirm with the first code; recovery codes come with the first factor',
    tag,
    params: z.object({ enrolment: z.string().min(1).max(100) }),
    body: z.strictObject({ code: z.string().max(20), name: factorName }),
    answer: z.object({ factor, recoveryCodes: recoveryCodes.nullable() }),
    problems: [403, 404, 409, 422],
    handle: async ({ params, body, caller, deps: { db, config } }) => {
      const key = config.ENCRYPTION_KEY
      const id = { hash: sha256(params.enrolment), personId: caller.person.id }
      const sealed = await readChallenge(db, id)
      const code = totpCode(body.code)
      const counter = code === undefined ? undefined : totpStep(open(sealed, key), code)
      if (counter === undefined)
        throw new Problem(422, 'wrong_code', {
          zh: '验证码不对。请输入应用现在显示的 6 位数字；手机的时间要准',
          en: 'The code is not right: type the 6 digits that the app shows now; the clock of the phone must be right',
        })
      return await db.transaction().execute(async trx => {
        // Of ten at once one takes it.
        const { numDeletedRows } = await trx
          .deleteFrom('factor_challenge')
          .where('id_hash', '=', id.hash)
          .executeTakeFirst()
        if (numDeletedRows === 0n) throw unknownEnrolment()
        const owner = { personId: caller.person.id, actor: caller.actor, ip: caller.ip }
        return await addFactor(trx, owner, { kind: 'totp', name: body.name, secretSealed: sealed, counter }, key)
      })
    },
  }),
]

async function readChallenge(
  db: Kysely<Schema>,
  { hash, personId }: { hash: string; personId: string },
): Promise<string> {
  const row = await db
    .selectFrom('factor_challenge')
    .select('secret_sealed')
    .where('id_hash', '=', hash)
    .where('person_id', '=', personId)
    .where('purpose', '=', 'totp_enrolment')
    .where('expires_at', '>', now())
    .executeTakeFirst()
  if (!row) throw unknownEnrolment()
  return row.secret_sealed
}

async function mayAdd(db: Kysely<Schema>, personId: string): Promise<void> {
  const { policy } = await readSignInPolicy(db)
  const { offered, roles } = policy.secondFactor
  if (!offered.includes('totp') && !roles.some(one => one.kinds.includes('totp')))
    throw new Problem(409, 'factor_not_offered', {
      zh: '公司的登录策略没有开放验证器应用',
      en: 'The company’s sign-in policy does not offer authenticator apps',
    })
  const { rows } = await sql<{
    held: number
  }>`select count(*)::int as held from factor where person_id = ${personId}`.execute(db)
  if ((rows[0]?.held ?? 0) >= most)
    throw new Problem(409, 'too_many_factors', {
      zh: `验证方式最多 ${most} 个；先删除不用的`,
      en: `${most} factors are the most: remove one that is not used`,
    })
}

function unknownEnrolment(): Problem {
  return new Problem(404, 'unknown_enrolment', {
    zh: '这次设置已经完成或过期，请重新开始',
    en: 'This set-up is finished or has expired: begin again',
  })
}
