import { z } from 'zod'
import { ScimError } from './scim-error.ts'
import { type Account, readScimUser, toScimUser } from './scim-user.ts'

const patchSchema = z.object({
  schemas: z.array(z.string()).optional(),
  Operations: z
    .array(
      z.object({
        op: z
          .string()
          .transform(op => op.toLowerCase())
          .pipe(z.enum(['add', 'replace', 'remove'])),
        path: z.string().optional(),
        value: z.unknown(),
      }),
    )
    .min(1)
    .max(50),
})

const writable = ['active', 'displayName', 'externalId', 'roles'] as const
type Writable = (typeof writable)[number]

/**
 * The account after a PATCH (RFC 7644 §3.5.2) of `active`, `displayName`, `externalId` or `roles`, by path or by an object
 * of attributes.
 * @throws ScimError 400 `invalidPath`, `invalidSyntax`, `invalidValue`, `mutability`
 */
export function patchAccount(account: Account, body: unknown): Account {
  const patch = patchSchema.safeParse(body)
  if (!patch.success)
    throw new ScimError(400, 'A PATCH body has "Operations", each with op add, replace or remove', {
      scimType: 'invalidSyntax',
    })
  const resource = toScimUser(account, '')
  for (const { op, path, value } of patch.data.Operations) {
    if (path !== undefined) {
      change(resource, op, attributeOf(path), value)
      continue
    }
    if (op === 'remove') throw new ScimError(400, '"remove" needs a path', { scimType: 'noTarget' })
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw new ScimError(400, 'Without a path the value is an object of attributes', { scimType: 'invalidValue' })
    }
    for (const [name, one] of Object.entries(value)) change(resource, op, attributeOf(name), one)
  }
  return readScimUser(resource)
}

function change(
  resource: Record<string, unknown>,
  op: 'add' | 'replace' | 'remove',
  name: Writable,
  value: unknown,
): void {
  if (op === 'remove') {
    if (name !== 'roles') throw new ScimError(400, `"${name}" cannot be removed`, { scimType: 'mutability' })
    resource.roles = []
    return
  }
  if (value === undefined) throw new ScimError(400, `"${op}" of "${name}" needs a value`, { scimType: 'invalidValue' })
  resource[name] =
    op === 'add' && name === 'roles'
      ? [...(resource.roles as unknown[]), ...(Array.isArray(value) ? value : [value])]
      : value
}

// Attribute names are case-insensitive (RFC 7643 §2.1).
function attributeOf(path: string): Writable {
  const name = writable.find(one => one.toLowerCase() === path.trim().toLowerCase())
  if (!name)
    throw new ScimError(400, `"${path.slice(0, 80)}" cannot be patched; ${writable.join(', ')} can`, {
      scimType: 'invalidPath',
    })
  return name
}
