import { z } from 'zod'
import { compareAll, readDrift } from '../provisioning/drift.ts'
import { pushAgain, readEffects } from '../provisioning/effects.ts'
import { addRule, readRules, removeRule } from '../roles/rules.ts'
import { readSeparationRules, removeSeparationRule, setSeparationRule } from '../roles/separation-rules.ts'
import { operation } from './operation.ts'
import { drift, driftCheck, effect, roleRule, separationRule } from './schemas.ts'

const reason = z.string().min(1).max(500)
const rowId = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER)
const drifts = z.object({ items: z.array(drift), checks: z.array(driftCheck) })

/** What stands around the matrix: rules, segregation of duties, effects in the systems, drift. */
export const rulesOperations = [
  operation({
    id: 'readRules',
    method: 'get',
    path: '/admin/roles/rules',
    summary: 'The rules by which people have business roles',
    tag: 'Rules',
    answer: z.object({ items: z.array(roleRule) }),
    handle: async ({ deps }) => ({ items: await readRules(deps.db) }),
  }),
  operation({
    id: 'addRule',
    method: 'post',
    path: '/admin/roles/rules',
    summary: 'Give a business role to whoever is in a department or below and holds a position',
    tag: 'Rules',
    body: z.strictObject({
      roleId: z.string().min(1),
      departmentId: z.string().min(1).optional(),
      position: z.string().min(1).max(200).optional(),
      reason,
    }),
    answer: roleRule,
    status: 201,
    problems: [404, 409],
    handle: ({ body, caller, deps }) => addRule(deps.db, { ...body, actor: caller.actor }),
  }),
  operation({
    id: 'removeRule',
    method: 'delete',
    path: '/admin/roles/rules/{id}',
    summary: 'Remove a rule',
    tag: 'Rules',
    params: z.object({ id: rowId }),
    problems: [404, 409],
    handle: ({ params, caller, deps }) => removeRule(deps.db, params.id, caller.actor),
  }),
  operation({
    id: 'readSeparationRules',
    method: 'get',
    path: '/admin/roles/separation-rules',
    summary: 'Native roles that nobody may hold together',
    tag: 'Rules',
    answer: z.object({ items: z.array(separationRule) }),
    handle: async ({ deps }) => ({ items: await readSeparationRules(deps.db) }),
  }),
  operation({
    id: 'setSeparationRule',
    method: 'put',
    path: '/admin/roles/separation-rules/{id}',
    summary: 'Add or change a rule of segregation of duties',
    tag: 'Rules',
    params: z.object({ id: z.string().min(1).max(64) }),
    body: separationRule.omit({ id: true }),
    answer: separationRule,
    problems: [422],
    handle: ({ params, body, caller, deps }) => setSeparationRule(deps.db, { id: params.id, ...body }, caller.actor),
  }),
  operation({
    id: 'removeSeparationRule',
    method: 'delete',
    path: '/admin/roles/separation-rules/{id}',
    summary: 'Remove a rule of segregation of duties',
    tag: 'Rules',
    params: z.object({ id: z.string().min(1).max(64) }),
    problems: [404],
    handle: ({ params, caller, deps }) => removeSeparationRule(deps.db, params.id, caller.actor),
  }),
  operation({
    id: 'readEffects',
    method: 'get',
    path: '/admin/roles/effects',
    summary: 'How far each system is with what was published',
    tag: 'Effects',
    answer: z.object({ items: z.array(effect) }),
    handle: async ({ deps }) => ({ items: await readEffects(deps.db) }),
  }),
  operation({
    id: 'readDrift',
    method: 'get',
    path: '/admin/roles/drift',
    summary: 'What the last comparison with each system found',
    tag: 'Effects',
    answer: drifts,
    handle: ({ deps }) => readDrift(deps.db),
  }),
  operation({
    id: 'compareSystems',
    method: 'post',
    path: '/admin/roles/drift/compare',
    summary: 'Compare every system now; nothing is written to them',
    tag: 'Effects',
    answer: drifts,
    handle: async ({ deps }) => {
      await compareAll(deps)
      return await readDrift(deps.db)
    },
  }),
  operation({
    id: 'pushAccount',
    method: 'post',
    path: '/admin/roles/accounts/{system}/{nativeId}/push',
    summary: 'Push an account again; with `overwrite` what was changed by hand in the system is replaced',
    tag: 'Effects',
    params: z.object({ system: z.string().min(1), nativeId: z.string().min(1) }),
    body: z.strictObject({ overwrite: z.boolean().default(false) }),
    problems: [404],
    handle: ({ params, body, caller, deps }) => pushAgain(deps.db, { ...params, ...body, actor: caller.actor }),
  }),
]
