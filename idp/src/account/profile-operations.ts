import { z } from 'zod'
import { moment, named, text } from '../admin/schemas.ts'
import { accountOperation } from './caller.ts'
import { changeLocale } from './locale.ts'
import { readProfile } from './profile.ts'
import { factorKind } from './schemas.ts'

const tag = 'Account'

/** The account at a glance, and its language. */
export const profileOperations = [
  accountOperation({
    id: 'readAccount',
    method: 'get',
    path: '/account',
    summary: 'The account at a glance',
    tag,
    answer: z
      .object({
        id: z.string(),
        username: z.string(),
        name: text,
        email: z.string(),
        phone: z.string().nullable(),
        locale: z.string().nullable(),
        department: named,
        position: text,
        lastSignIn: moment.nullable(),
        password: z.object({
          changedAt: moment.nullable(),
          expiresAt: moment.nullable(),
          minLength: z.int(),
          history: z.int(),
        }),
        factors: z.object({ totp: z.int(), passkeys: z.int(), recoveryCodesLeft: z.int() }),
        offered: z.array(factorKind).describe('What the person may set up'),
        required: z.array(factorKind).describe('One of these the person must have; empty = none'),
        passkeyAlone: z.boolean().describe('Whether a passkey signs in without a password'),
        session: z.object({ acr: z.enum(['1', '2']), authTime: moment }),
      })
      .meta({ id: 'Account' }),
    handle: async ({ caller, deps: { db } }) => ({
      ...(await readProfile(db, caller.person.id)),
      session: { acr: caller.session.acr, authTime: caller.session.authTime },
    }),
  }),
  accountOperation({
    id: 'setLocale',
    method: 'put',
    path: '/account/locale',
    summary: 'Choose the language of pages and mails',
    tag,
    body: z.strictObject({ locale: z.enum(['zh-CN', 'en']) }),
    handle: ({ body, caller, deps }) => changeLocale(deps.db, caller, body.locale),
  }),
]
