import { z } from 'zod'
import { scopes } from '../roles/scope.ts'

/** A moment: a Date inside, ISO 8601 in the document and on the wire. */
export const moment = z
  .union([z.date(), z.string()])
  .transform(value => new Date(value).toISOString())
  .meta({ override: { type: 'string', format: 'date-time' } })

/** A moment that a caller sends. */
export const givenMoment = z.iso.datetime({ offset: true }).transform(text => new Date(text))

export const text = z
  .object({ zh: z.string(), en: z.string() })
  .meta({ id: 'Text', description: 'A text in both languages' })
export const scope = z
  .enum(scopes)
  .meta({ id: 'Scope', description: 'How much of a system’s data a right reaches, from narrow to wide' })
export const actor = z
  .object({ id: z.string(), name: z.string().optional(), kind: z.enum(['person', 'client', 'system']) })
  .meta({ id: 'Actor', description: 'Who did it' })
export const named = z.object({ id: z.string(), name: text }).meta({ id: 'Named' })

export const nativeRole = z
  .object({ id: z.string(), name: text, scope })
  .meta({ id: 'NativeRole', description: 'A right of a system’s own, with its usual scope' })
export const system = z
  .object({
    id: z.string(),
    name: text,
    protocol: z.string(),
    url: z.string(),
    nativeRoles: z.array(nativeRole),
    provisioned: z.boolean(),
  })
  .meta({ id: 'System' })
export const cell = z
  .object({ role: z.string(), system: z.string(), nativeRoles: z.array(z.string()), scope })
  .meta({ id: 'Cell', description: 'What a business role gives in one system' })
const content = z.object({ nativeRoles: z.array(z.string()), scope }).nullable()
export const draft = z
  .object({
    version: z.int(),
    revision: z.int(),
    by: actor,
    at: moment,
    startedAt: moment,
    editors: z.array(z.string()),
    cells: z.array(cell),
    changes: z.array(z.object({ role: z.string(), system: z.string(), before: content, after: content })),
  })
  .meta({ id: 'Draft', description: 'All cells as they would be, and what differs from the live ones' })
export const publishedVersion = z
  .object({ version: z.int(), comment: z.string(), at: moment, by: actor, restores: z.int().nullable() })
  .meta({ id: 'PublishedVersion' })

export const affectedPerson = z.object({ id: z.string(), name: text, department: text }).meta({ id: 'AffectedPerson' })
export const roleShift = z
  .object({ system: z.string(), nativeRole: z.string(), count: z.int(), people: z.array(affectedPerson) })
  .meta({
    id: 'RoleShift',
    description: 'People who get or lose one native role; `people` are the first 200 of `count`',
  })
export const scopeShift = z
  .object({ system: z.string(), from: scope, to: scope, count: z.int(), people: z.array(affectedPerson) })
  .meta({ id: 'ScopeShift' })
export const conflict = z
  .object({
    rule: named,
    person: affectedPerson,
    rights: z.array(z.object({ system: z.string(), nativeRole: z.string(), because: z.array(z.string()) })),
    introduced: z.boolean(),
    detail: text,
  })
  .meta({ id: 'Conflict', description: 'Two native roles that a rule keeps apart, in one hand' })

export const effectState = z.enum(['pending', 'done', 'failed'])
export const effect = z
  .object({
    system: z.string(),
    state: effectState,
    pending: z.int(),
    done: z.int(),
    failed: z.int(),
    lastError: z.string().nullable(),
    withoutAccount: z.array(named),
  })
  .meta({ id: 'Effect', description: 'How far the accounts of one system are' })

export const personRow = z
  .object({
    id: z.string(),
    username: z.string(),
    name: text,
    email: z.string(),
    department: named,
    position: text,
    active: z.boolean(),
    businessRoles: z.array(named),
  })
  .meta({ id: 'Person' })
export const assignment = z
  .object({
    id: z.int(),
    role: z.string(),
    from: moment.nullable(),
    until: moment.nullable(),
    reason: z.string(),
    grantedBy: actor,
    grantedAt: moment,
    endedAt: moment.nullable(),
    state: z.enum(['active', 'future', 'ended']),
  })
  .meta({ id: 'Assignment' })
export const rights = z
  .object({
    businessRoles: z.array(z.string()),
    systems: z.record(z.string(), z.object({ id: z.string().nullable(), roles: z.array(z.string()), scope })),
  })
  .meta({ id: 'Rights', description: 'What follows from assignments, rules and the live mapping' })
export const personDetail = personRow
  .extend({
    phone: z.string().nullable(),
    locale: z.string().nullable(),
    manager: named.nullable(),
    departmentPath: z.array(named),
    identities: z.array(
      z.object({
        system: z.string(),
        nativeId: z.string(),
        state: effectState.nullable(),
        error: z.string().nullable(),
        confirmedAt: moment.nullable(),
      }),
    ),
    rights,
    assignments: z.array(assignment),
    sessions: z.int(),
    locked: z.boolean(),
  })
  .meta({ id: 'PersonDetail' })
export const roleRule = z
  .object({
    id: z.int(),
    role: z.string(),
    departmentId: z.string().nullable(),
    position: z.string().nullable(),
    reason: z.string(),
    createdBy: actor,
    createdAt: moment,
    people: z.int(),
  })
  .meta({ id: 'RoleRule' })

const because = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('assignment'),
    id: z.int(),
    reason: z.string(),
    grantedBy: actor,
    grantedAt: moment,
    from: moment.nullable(),
    until: moment.nullable(),
  }),
  z.object({
    kind: z.literal('rule'),
    id: z.int(),
    reason: z.string(),
    departmentId: z.string().nullable(),
    department: text.nullable(),
    position: z.string().nullable(),
  }),
])
export const explanation = z
  .object({
    person: z.object({ id: z.string(), name: text, active: z.boolean() }),
    system: z.string(),
    nativeId: z.string().nullable(),
    roles: z.array(z.string()),
    scope,
    account: z.object({ state: effectState, error: z.string().nullable(), confirmedAt: moment.nullable() }).nullable(),
    links: z.array(
      z.object({
        because,
        businessRole: named,
        mapping: z.object({ version: z.int(), publishedAt: moment, publishedBy: actor, since: z.int(), scope }),
        nativeRole: named,
        text,
      }),
    ),
  })
  .meta({ id: 'Explanation', description: 'Why a person has each right in a system, link by link' })

const held = z.object({ roles: z.array(z.string()), active: z.boolean() }).nullable()
export const drift = z
  .object({
    system: z.string(),
    nativeId: z.string(),
    kind: z.enum(['unknown_account', 'missing_account', 'added_roles', 'removed_roles', 'activated', 'deactivated']),
    person: named.nullable(),
    expected: held,
    actual: held,
    firstSeen: moment,
  })
  .meta({ id: 'Drift', description: 'What was changed by hand in a system' })
export const driftCheck = z
  .object({ system: z.string(), checkedAt: moment, accounts: z.int(), error: z.string().nullable() })
  .meta({ id: 'DriftCheck' })

export const auditEntry = z
  .object({
    id: z.int(),
    at: moment,
    actor,
    action: z.string(),
    target: z.object({ type: z.string(), id: z.string(), name: z.string().optional() }),
    outcome: z.enum(['success', 'refused', 'failed']),
    detail: z.record(z.string(), z.unknown()),
    ip: z.string().nullable(),
    traceId: z.string().nullable(),
    sealed: z.boolean(),
  })
  .meta({ id: 'AuditEntry' })
export const delivery = z
  .object({
    id: z.int(),
    topic: z.string(),
    key: z.string(),
    target: z.string().nullable(),
    person: named.nullable().describe('Whose sign-out it is'),
    state: z.enum(['pending', 'done', 'dead']),
    attempts: z.int(),
    lastError: z.string().nullable(),
    dueAt: moment,
    createdAt: moment,
    updatedAt: moment,
  })
  .meta({ id: 'Delivery', description: 'A logout, a push or an event on its way' })
export const separationRule = z
  .object({
    id: z.string().min(1).max(64),
    name: text,
    first: z.object({ system: z.string(), nativeRole: z.string() }),
    second: z.object({ system: z.string(), nativeRole: z.string() }),
  })
  .meta({ id: 'SeparationRule' })
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    traceId: z.string().optional(),
  })
  .loose()
  .meta({ id: 'Problem', description: 'RFC 9457' })
