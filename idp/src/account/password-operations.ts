import { z } from 'zod'
import { accountOperation, requireFresh } from './caller.ts'
import { changeOwnPassword } from './password.ts'

/** A person's own password. */
export const passwordOperations = [
  accountOperation({
    id: 'changePassword',
    method: 'post',
    path: '/account/password',
    summary:
      'Change the password: every other session ends. 401 `wrong_password`, 422 `password_refused` with `faults`: too_short, too_long, common, personal_data, used_before',
    tag: 'Password',
    body: z.strictObject({ current: z.string().min(1).max(1000), password: z.string().min(1).max(1000) }),
    problems: [422, 429, 503],
    handle: async ({ body, caller, deps }) => {
      await requireFresh(caller, deps.db)
      await changeOwnPassword(deps.db, caller, body)
    },
  }),
]
