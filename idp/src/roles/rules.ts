import { audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Actor } from '../directory/tables.ts'
import { changeDirectory, settle } from '../directory/transaction.ts'
import { ruleMatches } from './membership.ts'

/** A business role for whoever is in a department or below and holds a position. `people` counts whom it covers now. */
export type RoleRule = {
  id: number
  role: string
  departmentId: string | null
  position: string | null
  reason: string
  createdBy: Actor
  createdAt: Date
  people: number
}

/** All rules, with how many active people each covers. */
export async function readRules(db: Kysely<Schema>): Promise<RoleRule[]> {
  const { rows } = await sql<RoleRule>`
    select r.id, r.role_id as role, r.department_id as "departmentId", r.position, r.reason, r.created_by as "createdBy", r.created_at as "createdAt",
      (select count(*) from person p join department d on d.id = p.department_id where p.active and ${ruleMatches}) as people
    from role_rule r order by r.role_id, r.id`.execute(db)
  return rows
}

/**
 * Adds a rule; everybody it covers has the role from now on.
 * @throws Problem 404 for an unknown role or department, 409 when the rule exists
 */
export async function addRule(
  db: Kysely<Schema>,
  rule: {
    roleId: string
    departmentId?: string | undefined
    position?: string | undefined
    reason: string
    actor: Actor
  },
): Promise<RoleRule> {
  return await changeDirectory(db, async trx => {
    const role = await trx.selectFrom('business_role').select('id').where('id', '=', rule.roleId).executeTakeFirst()
    if (!role)
      throw new Problem(404, 'unknown_role', {
        zh: `没有业务角色“${rule.roleId}”`,
        en: `There is no business role "${rule.roleId}"`,
      })
    if (rule.departmentId) {
      const department = await trx
        .selectFrom('department')
        .select('id')
        .where('id', '=', rule.departmentId)
        .executeTakeFirst()
      if (!department)
        throw new Problem(404, 'unknown_department', {
          zh: `没有部门“${rule.departmentId}”`,
          en: `There is no department "${rule.departmentId}"`,
        })
    }
    const { rows } = await sql<{ id: number }>`
      insert into role_rule (role_id, department_id, position, reason, created_by)
      values (${rule.roleId}, ${rule.departmentId ?? null}, ${rule.position ?? null}, ${rule.reason}, ${JSON.stringify(rule.actor)}::jsonb)
      on conflict do nothing returning id`.execute(trx)
    if (!rows[0])
      throw new Problem(409, 'rule_exists', {
        zh: '已有相同条件的规则',
        en: 'A rule with the same conditions exists already',
      })
    const people = await settle(trx, null)
    await audit(trx, {
      actor: rule.actor,
      action: 'role.rule.added',
      target: { type: 'role', id: rule.roleId },
      outcome: 'success',
      detail: {
        rule: rows[0].id,
        departmentId: rule.departmentId ?? null,
        position: rule.position ?? null,
        reason: rule.reason,
        people: people.length,
      },
    })
    return (await readRules(trx)).find(one => one.id === rows[0]!.id)!
  })
}

/** Removes a rule; who had the role by it alone loses it. @throws Problem 404 when there is none */
export async function removeRule(db: Kysely<Schema>, id: number, actor: Actor): Promise<void> {
  await changeDirectory(db, async trx => {
    const rule = await trx.deleteFrom('role_rule').where('id', '=', id).returningAll().executeTakeFirst()
    if (!rule) throw new Problem(404, 'unknown_rule', { zh: '没有这条规则', en: 'There is no such rule' })
    const people = await settle(trx, null)
    await audit(trx, {
      actor,
      action: 'role.rule.removed',
      target: { type: 'role', id: rule.role_id },
      outcome: 'success',
      detail: { rule: id, departmentId: rule.department_id, position: rule.position, people: people.length },
    })
  })
}
