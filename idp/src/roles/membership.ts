import { type RawBuilder, sql } from 'kysely'

/**
 * SQL for the rows (person_id, role_id) of who has which business role at a moment, each pair once: assignments in
 * force and rules that match. Inactive people have none.
 * @param people only these; null for everybody
 */
export function membership(at: Date, people: string[] | null): RawBuilder<unknown> {
  return sql`
    select a.person_id, a.role_id
    from role_assignment a join person p on p.id = a.person_id and p.active
    where ${inForce(at)} and ${among(sql`a.person_id`, people)}
    union
    select p.id, r.role_id
    from person p join department d on d.id = p.department_id join role_rule r on ${ruleMatches}
    where p.active and ${among(sql`p.id`, people)}`
}

/** SQL: the assignment `a` counts at this moment. */
export function inForce(at: Date): RawBuilder<boolean> {
  return sql`a.ended_at is null and (a.valid_from is null or a.valid_from <= ${at}) and (a.valid_until is null or a.valid_until > ${at})`
}

/** SQL: the rule `r` covers the person `p` of the department `d`. */
export const ruleMatches: RawBuilder<boolean> = sql`
  (r.department_id is null or r.department_id = any(d.path))
  and (r.position is null or r.position in (p.position->>'zh', p.position->>'en'))`

function among(column: RawBuilder<unknown>, people: string[] | null): RawBuilder<boolean> {
  return people === null ? sql`true` : sql`${column} = any(${people}::text[])`
}
