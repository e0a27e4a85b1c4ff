import { z } from 'zod'
import { accountOperation } from './caller.ts'
import { forgetDevice, readDevices } from './devices.ts'
import { ownDevice } from './schemas.ts'

const tag = 'Devices'

/** The browsers a person is known in. */
export const deviceOperations = [
  accountOperation({
    id: 'listDevices',
    method: 'get',
    path: '/account/devices',
    summary: 'The browsers in which you have signed in, the one used last first',
    tag,
    answer: z.object({ items: z.array(ownDevice) }),
    handle: async ({ caller, deps }) => ({
      items: (await readDevices(deps.db, caller.person.id)).map(one => ({
        ...one,
        current: one.sessions.includes(caller.session.uid),
      })),
    }),
  }),
  accountOperation({
    id: 'forgetDevice',
    method: 'delete',
    path: '/account/devices/{id}',
    summary: 'Forget a browser: it counts as new, and the second factor is asked for there again',
    tag,
    params: z.object({ id: z.string().min(1).max(100) }),
    problems: [404],
    handle: ({ params, caller, deps }) =>
      forgetDevice(deps.db, {
        personId: caller.person.id,
        deviceId: params.id,
        actor: caller.actor,
        ip: caller.ip,
      }),
  }),
]
