import { setClock } from '@atrium/platform/clock'
import { afterEach, expect, it } from 'vitest'
import type { WantedLevel } from '../../oidc/acr.ts'
import type { FactorKind } from '../policy.ts'
import type { Method } from './methods.ts'
import { levelOf } from './methods.ts'
import { nextStep, type Reached } from './next-step.ts'
import { type Standing, standingOf } from './standing.ts'

afterEach(() => setClock())

const at = Date.parse('2026-11-22T08:00:00Z')
const daysAgo = (days: number): string => new Date(at - days * 86_400_000).toISOString()

type Who = { kinds?: FactorKind[]; policy?: object; mustChange?: boolean; changed?: string; factorAt?: string | null }
const who = ({ kinds = [], policy = {}, mustChange = false, changed = daysAgo(10), factorAt = null }: Who): Standing =>
  standingOf({
    id: 'e1',
    username: 'li.na',
    name: { zh: '李娜', en: 'Li Na' },
    email: 'li.na@example.test',
    phone: null,
    locale: null,
    active: true,
    passwordHash: 'x',
    passwordChangedAt: changed,
    mustChange,
    factors: kinds.map(kind => ({ kind, used: null })),
    recoveryCodes: 0,
    roles: ['manager'],
    systems: null,
    policy,
    factorAt,
    knownDevice: true,
  })
const reached = (methods: Method[], more: Partial<Reached> = {}): Reached => ({
  methods,
  stepUp: false,
  codesWait: false,
  ...more,
})
const rule = (...kinds: FactorKind[]) => ({ secondFactor: { roles: [{ role: 'manager', kinds }] } })
const demand: WantedLevel = { level: '2', essential: true }
const wish: WantedLevel = { level: '2', essential: false }

it.each<[string, Who, Reached, WantedLevel | undefined, string | undefined]>([
  ['a password is enough for somebody of whom nothing is asked', {}, reached(['pwd']), undefined, undefined],
  ['a factor that somebody has is asked for', { kinds: ['totp'] }, reached(['pwd']), undefined, 'factor'],
  ['and then it is done', { kinds: ['totp'] }, reached(['pwd', 'otp']), undefined, undefined],
  ['a recovery code stands in for it', { kinds: ['totp'] }, reached(['pwd', 'rc']), undefined, undefined],
  ['a passkey that verifies its user is both', { kinds: ['passkey'] }, reached(['hwk', 'user']), undefined, undefined],
  ['a passkey that does not is one', { kinds: ['passkey'] }, reached(['hwk']), undefined, 'factor'],
  [
    'the factor comes before the new password',
    { kinds: ['totp'], mustChange: true },
    reached(['pwd']),
    undefined,
    'factor',
  ],
  [
    'which is asked for next',
    { kinds: ['totp'], mustChange: true },
    reached(['pwd', 'otp']),
    undefined,
    'new-password',
  ],
  [
    'but not of somebody who gave no password',
    { kinds: ['passkey'], mustChange: true },
    reached(['hwk', 'user']),
    undefined,
    undefined,
  ],
  ['a password grows old', { policy: { password: { maxAgeDays: 9 } } }, reached(['pwd']), undefined, 'new-password'],
  [
    'on the day it may be, not before',
    { policy: { password: { maxAgeDays: 10 } } },
    reached(['pwd']),
    undefined,
    undefined,
  ],
  ['a role must have a factor', { policy: rule('totp') }, reached(['pwd']), undefined, 'enrol'],
  ['of a kind of its own', { kinds: ['totp'], policy: rule('passkey') }, reached(['pwd', 'otp']), undefined, 'enrol'],
  [
    'new codes are read first',
    { policy: rule('totp') },
    reached(['pwd', 'otp'], { codesWait: true }),
    undefined,
    'recovery-codes',
  ],
  [
    'the new password comes before setting up',
    { policy: rule('totp'), mustChange: true },
    reached(['pwd']),
    undefined,
    'new-password',
  ],
  [
    'a trusted browser is not asked',
    { kinds: ['totp'], factorAt: daysAgo(29), policy: { secondFactor: { askAgainDays: 30 } } },
    reached(['pwd']),
    undefined,
    undefined,
  ],
  [
    'for so long',
    { kinds: ['totp'], factorAt: daysAgo(30), policy: { secondFactor: { askAgainDays: 30 } } },
    reached(['pwd']),
    undefined,
    'factor',
  ],
  [
    'and only where the policy says so',
    { kinds: ['totp'], factorAt: daysAgo(0) },
    reached(['pwd']),
    undefined,
    'factor',
  ],
  [
    'nor where an application demands two',
    { kinds: ['totp'], factorAt: daysAgo(1), policy: { secondFactor: { askAgainDays: 30 } } },
    reached(['pwd']),
    demand,
    'factor',
  ],
  ['a demand makes somebody set one up', {}, reached(['pwd']), demand, 'enrol'],
  ['a wish does not', {}, reached(['pwd']), wish, undefined],
  [
    'a session that rises is asked for nothing else',
    { kinds: ['totp'], mustChange: true, policy: rule('passkey') },
    reached(['pwd', 'otp'], { stepUp: true }),
    demand,
    undefined,
  ],
  [
    'but for what is missing',
    { kinds: ['totp'], mustChange: true },
    reached(['pwd'], { stepUp: true }),
    demand,
    'factor',
  ],
])('%s', (_sentence, person, so, wanted, step) => {
  setClock(() => new Date(at))
  expect(nextStep(who(person), so, wanted)).toBe(step)
})

it.each<[Method[], string]>([
  [['pwd'], '1'],
  [['pwd', 'otp'], '2'],
  [['pwd', 'hwk'], '2'],
  [['pwd', 'rc'], '2'],
  [['hwk', 'user'], '2'],
  [['hwk'], '1'],
  [['otp'], '1'],
])('%j is level %s', (methods, level) => {
  expect(levelOf(methods)).toBe(level)
})
