import { audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import type { Kysely } from 'kysely'
import { z } from 'zod'
import { moment } from '../admin/schemas.ts'
import type { Schema } from '../database/schema.ts'
import { removeFactor } from '../sign-in/factors.ts'
import { accountOperation, requireFresh } from './caller.ts'
import { factorKind } from './schemas.ts'

const tag = 'Factors'

/** What a factor is called: what its person will recognise it by. */
export const factorName = z.string().trim().min(1).max(60).describe('For example: Phone, Laptop, Security key')

/** A factor, as its person sees it. */
export const factor = z
  .object({ id: z.string(), kind: factorKind, name: z.string(), createdAt: moment, lastUsedAt: moment.nullable() })
  .meta({ id: 'Factor' })

/** New recovery codes, shown once. */
export const recoveryCodes = z.array(z.string()).describe('To be shown once: nobody can read them again')

const byId = z.object({ id: z.string().min(1).max(100) })

/** A person's own factors: look, rename, remove. */
export const factorOperations = [
  accountOperation({
    id: 'listFactors',
    method: 'get',
    path: '/account/factors',
    summary: 'Your second factors and how many recovery codes are left',
    tag,
    answer: z.object({
      items: z.array(factor),
      recoveryCodes: z.object({ left: z.int(), madeAt: moment.nullable() }),
    }),
    handle: async ({ caller, deps }) => await readFactors(deps.db, caller.person.id),
  }),
  accountOperation({
    id: 'renameFactor',
    method: 'put',
    path: '/account/factors/{id}',
    summary: 'Rename a factor',
    tag,
    params: byId,
    body: z.strictObject({ name: factorName }),
    problems: [403, 404],
    handle: async ({ params, body, caller, deps }) => {
      const { numUpdatedRows } = await deps.db
        .updateTable('factor')
        .set({ name: body.name })
        .where('id', '=', params.id)
        .where('person_id', '=', caller.person.id)
        .executeTakeFirst()
      if (numUpdatedRows === 0n) throw unknownFactor()
      await audit(deps.db, {
        actor: caller.actor,
        action: 'factor.renamed',
        target: { type: 'person', id: caller.person.id },
        outcome: 'success',
        detail: { factor: params.id, name: body.name },
        ip: caller.ip,
      })
    },
  }),
  accountOperation({
    id: 'removeFactor',
    method: 'delete',
    path: '/account/factors/{id}',
    summary: 'Remove a factor; with the last one go the recovery codes',
    tag,
    params: byId,
    problems: [403, 404, 409],
    handle: async ({ params, caller, deps }) => {
      await requireFresh(caller, deps.db)
      const owner = { personId: caller.person.id, actor: caller.actor, ip: caller.ip }
      const outcome = await removeFactor(deps.db, owner, params.id)
      if (outcome === 'unknown') throw unknownFactor()
      if (outcome === 'required')
        throw new Problem(409, 'factor_required', {
          zh: '你的岗位要求有第二步验证；先设置另一个，再删除这个',
          en: 'Your role must have a second factor: set up another one before you remove this',
        })
    },
  }),
]

async function readFactors(db: Kysely<Schema>, personId: string) {
  const items = await db
    .selectFrom('factor')
    .select(['id', 'kind', 'name', 'created_at as createdAt', 'last_used_at as lastUsedAt'])
    .where('person_id', '=', personId)
    .orderBy('created_at')
    .execute()
  const codes = await db
    .selectFrom('recovery_code')
    .select(eb => [
      eb.fn.countAll<number>().filterWhere('used_at', 'is', null).as('left'),
      eb.fn.max('made_at').as('madeAt'),
    ])
    .where('person_id', '=', personId)
    .executeTakeFirstOrThrow()
  return { items, recoveryCodes: { left: Number(codes.left), madeAt: codes.madeAt } }
}

function unknownFactor(): Problem {
  return new Problem(404, 'unknown_factor', { zh: '没有这个验证方式', en: 'There is no such factor' })
}
