import { z } from 'zod'
import { accountOperation } from './caller.ts'
import { signInEntry } from './schemas.ts'
import { readSignIns } from './sign-ins.ts'

/** When, from where and with what a person signed in. */
export const historyOperations = [
  accountOperation({
    id: 'listSignIns',
    method: 'get',
    path: '/account/sign-ins',
    summary: 'Your sign-ins, successful and refused, newest first',
    tag: 'Sign-ins',
    query: z.strictObject({
      before: z.coerce
        .number()
        .int()
        .min(1)
        .max(Number.MAX_SAFE_INTEGER)
        .optional()
        .describe('`next` of the page before'),
      limit: z.coerce.number().int().min(1).max(100).default(20),
    }),
    answer: z.object({ items: z.array(signInEntry), next: z.int().nullable() }),
    handle: ({ query, caller, deps }) => readSignIns(deps.db, caller.person.id, query),
  }),
]
