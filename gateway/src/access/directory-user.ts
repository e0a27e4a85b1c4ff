import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type Person, scopes } from './person.ts'

const native = 'urn:atrium:scim:native'
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

const names = z.object({ zh: z.string(), en: z.string() })
const noNames = { zh: '', en: '' }

const rights = z.object({
  id: z.string().min(1).nullish(),
  roles: z.array(z.string()).default([]),
  // A reach this gateway does not know must not become a wide one.
  scope: z.enum(scopes).catch('none'),
})

/** A SCIM 2.0 User (RFC 7643 §4.1) with the extension `urn:atrium:scim:native`. */
const userSchema = z.object({
  id: z.string().min(1),
  userName: z.string().min(1),
  displayName: z.string().optional(),
  active: z.boolean().default(true),
  emails: z.array(z.object({ value: z.string().optional(), primary: z.boolean().optional() })).default([]),
  meta: z.object({ lastModified: z.iso.datetime({ offset: true }) }),
  [enterprise]: z
    .object({ department: z.string().nullish(), manager: z.object({ value: z.string().nullish() }).nullish() })
    .optional(),
  [native]: z
    .object({
      names: names.optional(),
      position: names.nullish(),
      departmentId: z.string().nullish(),
      departmentPath: z.array(z.string()).default([]),
      departmentNames: names.nullish(),
      businessRoles: z.array(z.string()).default([]),
      systems: z.record(z.string(), rights).default({}),
    })
    .optional(),
})

/** What one entry of the directory says; `digest` is equal when nothing that matters here changed. */
export type DirectoryUser = { person: Person; modifiedAt: Date; digest: string }

/** An entry that breaks the schema: kept out, but a person it calls inactive is still locked out. */
export type BrokenUser = { id: string | undefined; inactive: boolean; fault: string }

/** Reads one SCIM user. Never throws. */
export function readDirectoryUser(
  resource: unknown,
): { ok: true; user: DirectoryUser } | { ok: false; broken: BrokenUser } {
  const result = userSchema.safeParse(resource)
  if (!result.success) {
    const { id, active } = (typeof resource === 'object' && resource !== null ? resource : {}) as {
      id?: unknown
      active?: unknown
    }
    const fault = result.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ')
    return { ok: false, broken: { id: typeof id === 'string' ? id : undefined, inactive: active === false, fault } }
  }
  const user = result.data
  const extension = user[native]
  const display = user.displayName ?? user.userName
  const departmentText = user[enterprise]?.department
  const person: Person = {
    id: user.id,
    username: user.userName,
    name: extension?.names ?? { zh: display, en: display },
    email: (user.emails.find(email => email.primary) ?? user.emails[0])?.value ?? null,
    position: extension?.position ?? noNames,
    departmentId: extension?.departmentId ?? null,
    departmentName:
      extension?.departmentNames ?? (departmentText ? { zh: departmentText, en: departmentText } : noNames),
    departmentPath: extension?.departmentPath ?? [],
    managerId: user[enterprise]?.manager?.value ?? null,
    businessRoles: [...(extension?.businessRoles ?? [])].sort(),
    systems: Object.fromEntries(
      Object.entries(extension?.systems ?? {})
        .map(
          ([system, right]) =>
            [system, { id: right.id ?? null, roles: [...right.roles].sort(), scope: right.scope }] as const,
        )
        .sort(([a], [b]) => a.localeCompare(b)),
    ),
    active: user.active,
  }
  const digest = createHash('sha256').update(JSON.stringify(person)).digest('base64url')
  return { ok: true, user: { person, modifiedAt: new Date(user.meta.lastModified), digest } }
}
