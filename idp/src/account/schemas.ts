import { z } from 'zod'
import { moment, text } from '../admin/schemas.ts'
import { factorKinds } from '../sign-in/policy.ts'

/** A factor besides the password. */
export const factorKind = z.enum(factorKinds).meta({ id: 'FactorKind', description: 'A factor besides the password' })

export const device = z
  .object({ name: text, kind: z.enum(['desktop', 'phone', 'other']) })
  .meta({ id: 'Device', description: 'A browser, named by what it says of itself' })

const namedSystem = z.object({ id: z.string(), name: text })

/** A session as administrators see it. */
export const sessionSeen = z
  .object({
    id: z.string(),
    device,
    ip: z.string().nullable(),
    startedAt: moment,
    lastSeenAt: moment,
    expiresAt: moment.describe('When it ends if nobody uses it'),
    methods: z.array(z.string()).describe('How the person was recognised: pwd, otp, hwk, user, rc (RFC 8176)'),
    systems: z.array(namedSystem).describe('Where the person is signed in by it'),
  })
  .meta({ id: 'Session' })

/** A session as its person sees it. */
export const ownSession = sessionSeen.extend({ current: z.boolean() }).meta({ id: 'OwnSession' })

/** A browser in which the person has signed in before, as administrators see it. */
export const knownDevice = z
  .object({
    id: z.string(),
    device,
    firstSeenAt: moment,
    lastSeenAt: moment,
    ip: z.string(),
    trustedUntil: moment.nullable().describe('Until when the second factor is not asked for there'),
  })
  .meta({ id: 'KnownDevice' })

/** The same, as its person sees it. */
export const ownDevice = knownDevice.extend({ current: z.boolean() }).meta({ id: 'OwnDevice' })

export const signInEntry = z
  .object({
    id: z.int(),
    at: moment,
    outcome: z.enum(['success', 'refused']),
    reason: z.string().nullable(),
    methods: z.array(z.string()),
    ip: z.string().nullable(),
    device: device.nullable(),
    application: namedSystem,
  })
  .meta({ id: 'SignIn', description: 'A sign-in that succeeded or was refused' })
