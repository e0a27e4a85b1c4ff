import { isIP } from 'node:net'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Text } from '../oidc/tables.ts'
import type { SignInPolicy } from './policy.ts'

/** Why a policy cannot be put in force; `path` is the place in the policy. */
export type PolicyFault = { path: string; code: string; detail: Text }

/**
 * What is wrong with a policy that is well-formed. Above all nobody, and so no administrator, may be asked for a factor that cannot
 * be set up: they would be locked out at their next sign-in without a word.
 */
export async function policyFaults(db: Kysely<Schema>, policy: SignInPolicy, issuer: string): Promise<PolicyFault[]> {
  const { offered, roles } = policy.secondFactor
  const known = new Set((await db.selectFrom('business_role').select('id').execute()).map(row => row.id))
  return [
    ...roles.flatMap((one, i) => (known.has(one.role) ? [] : [unknownRole(i, one.role)])),
    ...roles.flatMap((one, i) => (roles.findIndex(other => other.role === one.role) < i ? [twice(i, one.role)] : [])),
    ...roles.flatMap((one, i) => {
      const possible = one.kinds.filter(kind => offered.includes(kind))
      if (possible.length === 0) return [notOffered(i, one.role)]
      return possible.every(kind => kind === 'passkey') && !passkeysWork(issuer) ? [noPasskeys(i, one.role)] : []
    }),
    ...logoFaults(policy.branding.logo),
  ]
}

const at = (i: number, field: string) => `secondFactor.roles.${i}.${field}`

function unknownRole(i: number, role: string): PolicyFault {
  return {
    path: at(i, 'role'),
    code: 'unknown_role',
    detail: { zh: `没有业务角色“${role}”`, en: `There is no business role "${role}"` },
  }
}

function twice(i: number, role: string): PolicyFault {
  return {
    path: at(i, 'role'),
    code: 'duplicate_role',
    detail: { zh: `角色“${role}”写了两次，请合并`, en: `The role "${role}" stands twice: join the entries` },
  }
}

function notOffered(i: number, role: string): PolicyFault {
  return {
    path: at(i, 'kinds'),
    code: 'factor_not_offered',
    detail: {
      zh: `角色“${role}”要求的验证方式都没有开放，该角色的人将无法登录；请先开放其中一种`,
      en: `None of the factors that the role "${role}" must have is offered, so nobody with it could sign in: offer one of them`,
    },
  }
}

function noPasskeys(i: number, role: string): PolicyFault {
  return {
    path: at(i, 'kinds'),
    code: 'passkeys_unavailable',
    detail: {
      zh: `通行密钥需要 HTTPS 和域名，而登录地址没有；要求角色“${role}”只用通行密钥会使其无法登录`,
      en: `Passkeys need HTTPS and a host name, which the sign-in address has not: nobody with the role "${role}" could sign in`,
    },
  }
}

/** Web Authentication §5.1: a secure context, and a domain, which an address is not. */
function passkeysWork(issuer: string): boolean {
  const { protocol, hostname } = new URL(issuer)
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return false
  return protocol === 'https:' || hostname === 'localhost' || hostname.endsWith('.localhost')
}

const mostLogoBytes = 65_536

function logoFaults(logo: string | null): PolicyFault[] {
  if (logo === null) return []
  const [head = '', body = ''] = logo.split(',')
  const bytes = Buffer.from(body, 'base64')
  const fault = (code: string, zh: string, en: string) => [{ path: 'branding.logo', code, detail: { zh, en } }]
  if (bytes.length > mostLogoBytes)
    return fault('logo_too_large', '标志不能超过 64 KB', 'The logo must not be larger than 64 KB')
  const png = bytes.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))
  const svg = /<svg[\s>]/.test(bytes.toString('utf8'))
  return (head.includes('png') ? png : svg)
    ? []
    : fault('logo_unreadable', '标志不是有效的 PNG 或 SVG 图片', 'The logo is not a PNG or SVG image')
}
