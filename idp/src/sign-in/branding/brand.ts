import type { Config } from '../../config.ts'
import type { Text } from '../../oidc/tables.ts'
import type { SignInPolicy } from '../policy.ts'

/** The company's name: the one of the sign-in policy, else the configured one. */
export function companyName(policy: SignInPolicy, config: Config): Text {
  return policy.branding.name ?? { zh: config.COMPANY_NAME_ZH, en: config.COMPANY_NAME_EN }
}
