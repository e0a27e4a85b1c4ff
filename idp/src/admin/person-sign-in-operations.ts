import { z } from 'zod'
import { factorKind, knownDevice, sessionSeen } from '../account/schemas.ts'
import { unknownSession } from '../account/session-operations.ts'
import { requirePerson } from '../directory/people.ts'
import { operation } from './operation.ts'
import { readPersonSignIn, removeAllFactors, removeFactor } from './person-sign-in.ts'
import { moment } from './schemas.ts'

const tag = 'People'
const path = '/admin/people/{id}'
const personPath = z.object({ id: z.string().min(1).max(64) })

/** How people sign in: look, take away lost factors, end sessions. */
export const personSignInOperations = [
  operation({
    id: 'readPersonSignIn',
    method: 'get',
    path: `${path}/sign-in`,
    summary: 'How a person signs in: password, factors, sessions, known devices; never a secret',
    tag,
    params: personPath,
    answer: z
      .object({
        locked: z.boolean(),
        password: z.object({
          set: z.boolean(),
          changedAt: moment.nullable(),
          mustChange: z.boolean(),
          expiresAt: moment.nullable(),
        }),
        factors: z.array(
          z.object({
            id: z.string(),
            kind: factorKind,
            name: z.string(),
            createdAt: moment,
            lastUsedAt: moment.nullable(),
          }),
        ),
        recoveryCodesLeft: z.int(),
        required: z.array(factorKind).describe('One of these the person must have; empty = none'),
        sessions: z.array(sessionSeen),
        devices: z.array(knownDevice),
      })
      .meta({ id: 'PersonSignIn' }),
    problems: [404],
    handle: ({ params, deps }) => readPersonSignIn(deps, params.id),
  }),
  operation({
    id: 'removeFactor',
    method: 'delete',
    path: `${path}/factors/{factorId}`,
    summary: 'Take a lost factor from a person, who is told by mail',
    tag,
    params: personPath.extend({ factorId: z.string().min(1).max(100) }),
    problems: [404],
    handle: ({ params, caller, deps }) =>
      removeFactor(deps.db, { personId: params.id, factorId: params.factorId, actor: caller.actor, ip: caller.ip }),
  }),
  operation({
    id: 'removeAllFactors',
    method: 'delete',
    path: `${path}/factors`,
    summary: 'Take all factors and recovery codes from a person, who is told by mail and sets them up anew',
    tag,
    params: personPath,
    problems: [404],
    handle: ({ params, caller, deps }) =>
      removeAllFactors(deps.db, { personId: params.id, actor: caller.actor, ip: caller.ip }),
  }),
  operation({
    id: 'endSession',
    method: 'delete',
    path: `${path}/sessions/{sessionId}`,
    summary: 'End one session of a person: its tokens go, and the systems it signed in to are told',
    tag,
    params: personPath.extend({ sessionId: z.string().min(1).max(100) }),
    problems: [404],
    handle: async ({ params, caller, deps: { db, sessions } }) => {
      await requirePerson(db, params.id)
      const ended = await sessions.endSessions(db, {
        personId: params.id,
        only: params.sessionId,
        reason: 'administrator',
        actor: caller.actor,
        ip: caller.ip,
      })
      if (ended === 0) throw unknownSession()
    },
  }),
  operation({
    id: 'signOutPerson',
    method: 'post',
    path: `${path}/sign-out`,
    summary: 'Sign a person out everywhere',
    tag,
    params: personPath,
    answer: z.object({ sessionsEnded: z.int() }),
    problems: [404],
    handle: async ({ params, caller, deps: { db, sessions } }) => {
      await requirePerson(db, params.id)
      const end = { personId: params.id, reason: 'administrator', actor: caller.actor, ip: caller.ip }
      return { sessionsEnded: await sessions.endSessions(db, end) }
    },
  }),
]
