import { expect, test } from 'vitest'
import type { SignInPolicy } from './answers.ts'
import { changedRules, faultyRules, newlyBound, rebase, ruleOf, rules, withRule } from './changes.ts'

const policy: SignInPolicy = {
  password: {
    minLength: 10,
    maxAgeDays: 0,
    history: 5,
    refuseCommon: true,
    refusePersonalData: true,
    selfServiceReset: true,
  },
  secondFactor: { offered: ['totp', 'passkey'], roles: [], askAgainDays: 0 },
  passkeyAlone: true,
  oneSession: false,
  newDeviceNotice: true,
  branding: { name: null, logo: null, colour: null },
}

test('every rule of a policy has a name here', () => {
  const named = new Set(rules.map(rule => rule.split('.')[0]))
  expect(Object.keys(policy).filter(part => !named.has(part))).toEqual([])
  for (const rule of rules) expect(ruleOf(policy, rule), rule).not.toBe(undefined)
  for (const part of ['password', 'secondFactor', 'branding'] as const)
    for (const key of Object.keys(policy[part])) expect(rules).toContain(`${part}.${key}`)
})

test('only what differs is a change, also after a way there and back', () => {
  const changed = withRule(withRule(policy, 'password.minLength', 12), 'oneSession', true)
  expect(changedRules(policy, changed)).toEqual(['password.minLength', 'oneSession'])
  expect(changedRules(policy, withRule(changed, 'oneSession', false))).toEqual(['password.minLength'])
  expect(policy.password.minLength).toBe(10)
})

test('what somebody else has saved stays, one’s own changes come on top', () => {
  const theirs = withRule(policy, 'newDeviceNotice', false)
  const mine = withRule(policy, 'password.minLength', 14)
  const { policy: merged, clashes } = rebase(policy, mine, theirs)
  expect(merged.newDeviceNotice).toBe(false)
  expect(merged.password.minLength).toBe(14)
  expect(clashes).toEqual([])
})

test('a rule that both have changed is named, unless both wanted the same', () => {
  const mine = withRule(withRule(policy, 'password.minLength', 14), 'oneSession', true)
  const theirs = withRule(withRule(policy, 'password.minLength', 12), 'oneSession', true)
  const { policy: merged, clashes } = rebase(policy, mine, theirs)
  expect(clashes).toEqual(['password.minLength'])
  expect(merged.password.minLength).toBe(14)
})

test.each([
  ['password.minLength', 7],
  ['password.minLength', 65],
  ['password.minLength', Number.NaN],
  ['password.history', 2.5],
  ['secondFactor.askAgainDays', 91],
  ['secondFactor.offered', []],
  ['branding.name', { zh: '华信', en: ' ' }],
  ['branding.colour', 'red'],
] as const)('%s of %s is not saved', (rule, value) => {
  expect(faultyRules(withRule(policy, rule, value))).toEqual([rule])
})

test('the limits themselves are good', () => {
  expect(faultyRules(policy)).toEqual([])
  expect(faultyRules(withRule(withRule(policy, 'password.minLength', 64), 'password.history', 0))).toEqual([])
})

test('a role is newly bound when it must have a factor, or has fewer kinds to choose from', () => {
  const with_ = (roles: SignInPolicy['secondFactor']['roles']) => withRule(policy, 'secondFactor.roles', roles)
  const before = with_([
    { role: 'finance', kinds: ['totp', 'passkey'] },
    { role: 'buyer', kinds: ['totp'] },
  ])
  expect(newlyBound(policy, before)).toEqual(['finance', 'buyer'])
  expect(
    newlyBound(
      before,
      with_([
        { role: 'finance', kinds: ['passkey'] },
        { role: 'buyer', kinds: ['totp', 'passkey'] },
      ]),
    ),
  ).toEqual(['finance'])
  expect(newlyBound(before, with_([]))).toEqual([])
})
