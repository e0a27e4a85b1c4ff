import { audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import { sql } from 'kysely'
import { z } from 'zod'
import type { Schema } from '../database/schema.ts'
import { queueMail } from '../mail/mail.ts'
import { makeRecoveryCodes } from '../sign-in/recovery.ts'
import { accountOperation, requireFresh } from './caller.ts'
import { recoveryCodes } from './factor-operations.ts'

/** Recovery codes of a person. */
export const recoveryOperations = [
  accountOperation({
    id: 'makeRecoveryCodes',
    method: 'post',
    path: '/account/recovery-codes',
    summary: 'Ten new recovery codes; the earlier ones are void',
    tag: 'Factors',
    answer: z.object({ codes: recoveryCodes }),
    problems: [403, 409],
    handle: async ({ caller, deps: { db, config } }) => {
      await requireFresh(caller, db)
      const personId = caller.person.id
      return await db.transaction().execute(async trx => {
        // Of two at once the later one makes the codes that count.
        await sql`select 1 from person where id = ${personId} for update`.execute(trx)
        const held = await trx.selectFrom('factor').select('id').where('person_id', '=', personId).execute()
        if (held.length === 0)
          throw new Problem(409, 'no_factor', {
            zh: '恢复码代替第二步验证；请先设置一个',
            en: 'Recovery codes stand in for a second factor: set one up first',
          })
        const codes = await makeRecoveryCodes(trx, personId, config.ENCRYPTION_KEY)
        await audit<Schema>(trx, {
          actor: caller.actor,
          action: 'recovery_codes.made',
          target: { type: 'person', id: personId },
          outcome: 'success',
          ip: caller.ip,
        })
        await queueMail(trx, { personId, kind: 'recovery_codes_made', values: { ip: caller.ip, by: 'self' } })
        return { codes }
      })
    },
  }),
]
