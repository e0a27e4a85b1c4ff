import { now } from '@atrium/platform/clock'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Text } from '../oidc/tables.ts'
import { draftCells, liveCells } from './mapping.ts'
import { membership } from './membership.ts'
import type { AffectedPerson } from './preview.ts'
import { rights } from './rights.ts'

/** A person who would hold two native roles that a rule keeps apart. `introduced` = the draft brings it about. */
export type Conflict = {
  rule: { id: string; name: Text }
  person: AffectedPerson
  rights: { system: string; nativeRole: string; because: string[] }[]
  introduced: boolean
  detail: Text
}

type Row = Omit<Conflict, 'detail' | 'rights'> & {
  firstSystem: string
  firstRole: string
  firstBecause: Text[]
  secondSystem: string
  secondRole: string
  secondBecause: Text[]
}

/** The conflicts that would exist with the draft published (or exist now, when there is no draft), at most 500. */
export async function conflicts(db: Kysely<Schema>): Promise<Conflict[]> {
  const { rows } = await sql<Row>`
    with member as materialized (${membership(now(), null)}),
      old_role as (select o.person_id, o.system, unnest(o.roles) as role from (${rights(sql`select * from member`, liveCells)}) o),
      cell as materialized (${draftCells}),
      new_role as materialized (select n.person_id, n.system, unnest(n.roles) as role from (${rights(sql`select * from member`, sql`select * from cell`)}) n)
    select jsonb_build_object('id', s.id, 'name', s.name) as rule,
      jsonb_build_object('id', p.id, 'name', p.name, 'department', d.name) as person,
      s.first_system as "firstSystem", s.first_role as "firstRole", s.second_system as "secondSystem", s.second_role as "secondRole",
      ${because('first')} as "firstBecause", ${because('second')} as "secondBecause",
      not (exists (select 1 from old_role o where o.person_id = p.id and o.system = s.first_system and o.role = s.first_role)
        and exists (select 1 from old_role o where o.person_id = p.id and o.system = s.second_system and o.role = s.second_role)) as introduced
    from separation_rule s
      join new_role a on a.system = s.first_system and a.role = s.first_role
      join new_role b on b.system = s.second_system and b.role = s.second_role and b.person_id = a.person_id
      join person p on p.id = a.person_id join department d on d.id = p.department_id
    order by s.id, p.id limit 500`.execute(db)
  return rows.map(describe)
}

function because(side: 'first' | 'second') {
  return sql`(select coalesce(jsonb_agg(r.name order by r.id), '[]') from member m join business_role r on r.id = m.role_id
    join cell c on c.role_id = m.role_id
    where m.person_id = p.id and c.system = ${sql.ref(`s.${side}_system`)} and ${sql.ref(`s.${side}_role`)} = any(c.native_roles))`
}

function describe(row: Row): Conflict {
  const list = (texts: Text[], language: 'zh' | 'en'): string =>
    texts.map(text => text[language]).join(language === 'zh' ? '、' : ', ')
  const { rule, person, introduced } = row
  return {
    rule,
    person,
    introduced,
    rights: [
      { system: row.firstSystem, nativeRole: row.firstRole, because: row.firstBecause.map(text => text.en) },
      { system: row.secondSystem, nativeRole: row.secondRole, because: row.secondBecause.map(text => text.en) },
    ],
    detail: {
      zh: `${person.name.zh}会同时有 ${row.firstSystem} 的 ${row.firstRole}（来自${list(row.firstBecause, 'zh')}）和 ${row.secondSystem} 的 ${row.secondRole}（来自${list(row.secondBecause, 'zh')}）；规则 ${rule.id} 不允许`,
      en: `${person.name.en} would hold ${row.firstRole} in ${row.firstSystem} (from ${list(row.firstBecause, 'en')}) together with ${row.secondRole} in ${row.secondSystem} (from ${list(row.secondBecause, 'en')}); rule ${rule.id} forbids it`,
    },
  }
}
