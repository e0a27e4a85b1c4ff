import { Problem } from '@atrium/platform/problem'
import { z } from 'zod'
import { accountOperation } from './caller.ts'
import { ownSession } from './schemas.ts'
import { readSessions } from './sessions.ts'

const tag = 'Sessions'

/** A person's own sessions: look, end one, end all others. */
export const sessionOperations = [
  accountOperation({
    id: 'listSessions',
    method: 'get',
    path: '/account/sessions',
    summary: 'The live sessions, the one used last first',
    tag,
    answer: z.object({ items: z.array(ownSession) }),
    handle: async ({ caller, deps: { db, config } }) => ({
      items: (await readSessions(db, config, caller.person.id)).map(one => ({
        ...one,
        current: one.id === caller.session.uid,
      })),
    }),
  }),
  accountOperation({
    id: 'endSession',
    method: 'delete',
    path: '/account/sessions/{id}',
    summary: 'End one session: its tokens go, and the systems it signed in to are told',
    tag,
    params: z.object({ id: z.string().min(1).max(100) }),
    problems: [404],
    handle: async ({ params, caller, deps: { db, sessions } }) => {
      const ended = await sessions.endSessions(db, {
        personId: caller.person.id,
        only: params.id,
        reason: 'ended_by_person',
        actor: caller.actor,
        ip: caller.ip,
      })
      if (ended === 0) throw unknownSession()
    },
  }),
  accountOperation({
    id: 'endOtherSessions',
    method: 'post',
    path: '/account/sessions/end-others',
    summary: 'End every session but the one that calls',
    tag,
    answer: z.object({ ended: z.int() }),
    handle: async ({ caller, deps: { db, sessions } }) => ({
      ended: await sessions.endSessions(db, {
        personId: caller.person.id,
        except: caller.session.uid,
        reason: 'ended_by_person',
        actor: caller.actor,
        ip: caller.ip,
      }),
    }),
  }),
]

/** Another person's session is as unknown as one that never was. */
export function unknownSession(): Problem {
  return new Problem(404, 'unknown_session', {
    zh: '没有这个会话：它可能已经结束',
    en: 'There is no such session: it may have ended',
  })
}
