import { createHash } from 'node:crypto'
import { z } from 'zod'
import { ScimError } from './scim-error.ts'

const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const native = 'urn:atrium:scim:native'

/** An account of a system, in the words between SCIM and the mappings of provisioning.yaml. */
export const accountSchema = z.object({
  userName: z.string().min(1),
  externalId: z
    .string()
    .nullish()
    .transform(text => text ?? ''),
  displayName: z
    .string()
    .nullish()
    .transform(text => text ?? ''),
  active: z.boolean(),
  roles: z.array(z.string()).default([]),
  department: z
    .string()
    .nullish()
    .transform(text => text ?? ''),
  departmentPath: z.array(z.string()).default([]),
  manager: z
    .string()
    .nullish()
    .transform(text => text ?? null),
})

export type Account = z.infer<typeof accountSchema>

// RFC 7643 says objects with `value`; plain strings are sent too.
const role = z.union([z.string().min(1), z.object({ value: z.string().min(1) }).transform(one => one.value)])

const resourceSchema = z.object({
  userName: z.string().min(1).max(200),
  externalId: z.string().max(200).nullish(),
  displayName: z.string().max(200).nullish(),
  name: z.object({ formatted: z.string().nullish() }).nullish(),
  // Some clients send "True" (a well-known deviation); anything else is a mistake.
  active: z
    .union([
      z.boolean(),
      z
        .string()
        .regex(/^(true|false)$/i)
        .transform(text => text.toLowerCase() === 'true'),
    ])
    .default(true),
  roles: z.array(role).max(200).default([]),
  [enterprise]: z.object({ department: z.string().nullish() }).nullish(),
  [native]: z
    .object({ departmentPath: z.array(z.string()).nullish(), managerNativeId: z.string().nullish() })
    .nullish(),
})

/**
 * Reads the body of a POST or PUT.
 * @throws ScimError 400 naming every attribute that is wrong
 */
export function readScimUser(body: unknown): Account {
  const result = resourceSchema.safeParse(body)
  if (!result.success) {
    const faults = result.error.issues.map(issue => `${issue.path.join('.') || 'the body'}: ${issue.message}`)
    throw new ScimError(400, faults.join('; '), { scimType: 'invalidValue' })
  }
  const user = result.data
  return {
    userName: user.userName,
    externalId: user.externalId ?? '',
    displayName: user.displayName ?? user.name?.formatted ?? user.userName,
    active: user.active,
    roles: [...new Set(user.roles)].sort(),
    department: user[enterprise]?.department ?? '',
    departmentPath: user[native]?.departmentPath ?? [],
    manager: user[native]?.managerNativeId ?? null,
  }
}

/** The SCIM resource of an account. @param base address of the Users endpoint */
export function toScimUser(account: Account, base: string): Record<string, unknown> {
  return {
    schemas: [userSchema, enterprise, native],
    id: account.userName,
    userName: account.userName,
    externalId: account.externalId,
    displayName: account.displayName,
    active: account.active,
    roles: account.roles.map(value => ({ value })),
    [enterprise]: { department: account.department },
    [native]: { departmentPath: account.departmentPath, managerNativeId: account.manager },
    meta: {
      resourceType: 'User',
      location: `${base}/${encodeURIComponent(account.userName)}`,
      version: versionOf(account),
    },
  }
}

/** A weak entity tag of the account's content. */
export function versionOf(account: Account): string {
  return `W/"${createHash('sha256').update(JSON.stringify(account)).digest('base64url').slice(0, 22)}"`
}
