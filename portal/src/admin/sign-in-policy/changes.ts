import type { SignInPolicy } from './answers.ts'

/** A rule that is changed on its own. */
export const rules = [
  'password.minLength',
  'password.maxAgeDays',
  'password.history',
  'password.refuseCommon',
  'password.refusePersonalData',
  'password.selfServiceReset',
  'secondFactor.offered',
  'secondFactor.roles',
  'secondFactor.askAgainDays',
  'passkeyAlone',
  'oneSession',
  'newDeviceNotice',
  'branding.name',
  'branding.logo',
  'branding.colour',
] as const
export type Rule = (typeof rules)[number]

type Branch = Record<string, unknown>

/** A rule's value. */
export function ruleOf(policy: SignInPolicy, rule: Rule): unknown {
  return rule.split('.').reduce<unknown>((part, key) => (part as Branch)[key], policy)
}

/** The policy with one rule set. */
export function withRule(policy: SignInPolicy, rule: Rule, value: unknown): SignInPolicy {
  const [part, key] = rule.split('.') as [keyof SignInPolicy, string | undefined]
  // The rule's name says where its value belongs; the callers give a value of that rule's type.
  return {
    ...policy,
    [part]: key === undefined ? value : { ...(policy[part] as Branch), [key]: value },
  } as SignInPolicy
}

/** The rules that differ. */
export function changedRules(before: SignInPolicy, after: SignInPolicy): Rule[] {
  return rules.filter(rule => JSON.stringify(ruleOf(before, rule)) !== JSON.stringify(ruleOf(after, rule)))
}

/**
 * One's own changes put on top of what somebody else has saved in between.
 * @returns the policy, and the rules that both have changed to different values: there one's own value stands
 */
export function rebase(
  base: SignInPolicy,
  mine: SignInPolicy,
  theirs: SignInPolicy,
): { policy: SignInPolicy; clashes: Rule[] } {
  const own = changedRules(base, mine)
  const others = new Set(changedRules(base, theirs))
  const policy = own.reduce((merged, rule) => withRule(merged, rule, ruleOf(mine, rule)), theirs)
  return { policy, clashes: own.filter(rule => others.has(rule) && changedRules(mine, theirs).includes(rule)) }
}

/** Limits of the numbers, as idp checks them. */
export const limits = {
  'password.minLength': [8, 64],
  'password.maxAgeDays': [0, 3650],
  'password.history': [0, 24],
  'secondFactor.askAgainDays': [0, 90],
} as const satisfies Partial<Record<Rule, readonly [number, number]>>

/** The numbers that are none or out of their limits, and names given in one language only. */
export function faultyRules(policy: SignInPolicy): Rule[] {
  const numbers = Object.entries(limits).flatMap(([rule, [least, most]]) => {
    const value = ruleOf(policy, rule as Rule)
    return Number.isInteger(value) && (value as number) >= least && (value as number) <= most ? [] : [rule as Rule]
  })
  const { name, colour } = policy.branding
  return [
    ...numbers,
    ...(policy.secondFactor.offered.length === 0 ? (['secondFactor.offered'] as const) : []),
    ...(name && (!name.zh.trim() || !name.en.trim()) ? (['branding.name'] as const) : []),
    ...(colour !== null && !/^#[0-9a-f]{6}$/.test(colour) ? (['branding.colour'] as const) : []),
  ]
}

/** Business roles whose holders must have a factor from now on and need not before, or by a narrower choice of kinds. */
export function newlyBound(before: SignInPolicy, after: SignInPolicy): string[] {
  const earlier = new Map(before.secondFactor.roles.map(({ role, kinds }) => [role, kinds]))
  return after.secondFactor.roles
    .filter(({ role, kinds }) => {
      const had = earlier.get(role)
      return !had || had.some(kind => !kinds.includes(kind))
    })
    .map(({ role }) => role)
}
