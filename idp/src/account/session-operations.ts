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
]
