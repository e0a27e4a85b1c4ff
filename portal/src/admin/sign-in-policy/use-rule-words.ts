import type { Text } from '../answers.ts'
import { inLocale } from '../use-admin.ts'
import type { Kind, SignInPolicy } from './answers.ts'
import type { Rule } from './changes.ts'
import type { BusinessRole } from './factor-rules.tsx'
import { policyTexts } from './texts.ts'

/** A rule's value as people say it. */
export function useRuleWords(roles: BusinessRole[]): (rule: Rule, value: unknown) => string {
  const t = policyTexts.useTexts()
  const kindsOf = (kinds: Kind[]): string => kinds.map(kind => t(`policy.kind.${kind}`)).join(' / ')
  const roleName = (id: string): string => {
    const found = roles.find(role => role.id === id)
    return found ? inLocale(found.name) : id
  }
  return (rule, value) => {
    if (typeof value === 'boolean') return t(value ? 'policy.on' : 'policy.off')
    switch (rule) {
      case 'password.minLength':
        return `${value} ${t('policy.unit.characters')}`
      case 'password.history':
        return `${value} ${t('policy.unit.passwords')}`
      case 'password.maxAgeDays':
      case 'secondFactor.askAgainDays':
        return value === 0 ? t('policy.never') : `${value} ${t('policy.unit.days')}`
      case 'secondFactor.offered':
        return kindsOf(value as Kind[])
      case 'secondFactor.roles': {
        const bound = value as SignInPolicy['secondFactor']['roles']
        if (bound.length === 0) return t('policy.secondFactor.roles.none')
        return bound.map(({ role, kinds }) => `${roleName(role)} (${kindsOf(kinds)})`).join(', ')
      }
      case 'branding.name':
        return value ? inLocale(value as Text) : t('policy.default')
      case 'branding.logo':
        return t(value ? 'policy.own' : 'policy.default')
      default:
        return value === null ? t('policy.default') : String(value)
    }
  }
}
