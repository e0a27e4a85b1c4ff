import { audit } from '@atrium/platform/audit'
import { z } from 'zod'
import type { Schema } from '../database/schema.ts'
import { issueInitialAccessToken } from '../oidc/registration-tokens.ts'
import { operation } from './operation.ts'

/** Clients that register themselves. */
export const registrationOperations = [
  operation({
    id: 'issueRegistrationToken',
    method: 'post',
    path: '/admin/registration-tokens',
    summary:
      'Make an initial access token (RFC 7591): shown once; clients register themselves with it until it expires',
    tag: 'Applications',
    body: z.strictObject({
      hours: z.int().min(1).max(720).default(24),
      purpose: z.string().trim().min(1).max(200).default('registration').describe('For the audit log'),
    }),
    answer: z.object({ token: z.string(), expiresAt: z.iso.datetime(), registrationEndpoint: z.url() }),
    status: 201,
    handle: ({ body, caller, deps }) =>
      deps.db.transaction().execute(async trx => {
        const { token, expiresAt } = await issueInitialAccessToken(trx, body.hours)
        await audit<Schema>(trx, {
          actor: caller.actor,
          action: 'registration_token.issued',
          target: { type: 'registration', id: body.purpose },
          outcome: 'success',
          detail: { expiresAt: expiresAt.toISOString() },
          ip: caller.ip,
        })
        return {
          token,
          expiresAt: expiresAt.toISOString(),
          registrationEndpoint: `${deps.config.ISSUER}/clients-registrations/openid-connect`,
        }
      }),
  }),
]
