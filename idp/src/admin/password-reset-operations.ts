import { z } from 'zod'
import { operation } from './operation.ts'
import { resetPassword } from './password-reset.ts'
import { moment } from './schemas.ts'

/** Passwords of people who cannot reset theirs. */
export const passwordResetOperations = [
  operation({
    id: 'resetPassword',
    method: 'post',
    path: '/admin/people/{id}/password-reset',
    summary:
      'Make a link by which a person sets a new password within 24 hours; shown once, earlier links no longer work',
    tag: 'People',
    params: z.object({ id: z.string().min(1).max(64) }),
    body: z.strictObject({
      mustChange: z.boolean().default(false).describe('The present password opens only the page where it is changed'),
    }),
    answer: z.object({ link: z.url(), expiresAt: moment, mailed: z.boolean().describe('It is sent by mail, too') }),
    problems: [404, 409],
    handle: ({ params, body, caller, deps }) => resetPassword(deps, { personId: params.id, ...body, caller }),
  }),
]
