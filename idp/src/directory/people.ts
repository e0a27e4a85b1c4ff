import { now } from '@atrium/platform/clock'
import { Problem } from '@atrium/platform/problem'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Text } from '../oidc/tables.ts'
import { membership } from '../roles/membership.ts'

/** A person in a list. */
export type PersonRow = {
  id: string
  username: string
  name: Text
  email: string
  department: { id: string; name: Text }
  position: Text
  active: boolean
  businessRoles: { id: string; name: Text }[]
}

/** A person as the directory holds them. */
export type PersonDetail = PersonRow & {
  phone: string | null
  locale: string | null
  manager: { id: string; name: Text } | null
  departmentPath: { id: string; name: Text }[]
  identities: {
    system: string
    nativeId: string
    state: 'pending' | 'done' | 'failed' | null
    error: string | null
    confirmedAt: string | null
  }[]
}

/** One page of people by Chinese name. `search` matches names, user name, id and mail; `after` is the id of the last row of the page before. */
export async function listPeople(
  db: Kysely<Schema>,
  o: {
    search?: string | undefined
    role?: string | undefined
    department?: string | undefined
    active?: boolean | undefined
    first: number
    after?: string | undefined
  },
): Promise<{ items: PersonRow[]; total: number; next: string | null }> {
  const conditions = [
    o.search ? matches(o.search) : sql`true`,
    o.active === undefined ? sql`true` : sql`p.active = ${o.active}`,
    o.department ? sql`${o.department} = any(d.path)` : sql`true`,
    o.role ? sql`p.id in (select person_id from (${membership(now(), null)}) m where role_id = ${o.role})` : sql`true`,
  ]
  const where = sql.join(conditions, sql` and `)
  const order = sql`p.name->>'zh' collate "zh-x-icu"`
  const { rows } = await sql<PersonRow>`
    with page as (
      select p.*, d.name as department_name from person p join department d on d.id = p.department_id
      where ${where} and (${o.after ?? null}::text is null
        or (${order}, p.id) > (select ${order}, p.id from person p where p.id = ${o.after ?? null}))
      order by ${order}, p.id limit ${o.first + 1})
    select ${personColumns} from page p order by ${order}, p.id`.execute(db)
  const { rows: counted } = await sql<{ n: number }>`
    select count(*) as n from person p join department d on d.id = p.department_id where ${where}`.execute(db)
  const items = rows.slice(0, o.first)
  return { items, total: counted[0]!.n, next: rows.length > o.first ? items.at(-1)!.id : null }
}

/** @throws Problem 404 when nobody has this id */
export async function readPerson(db: Kysely<Schema>, id: string): Promise<PersonDetail> {
  const { rows } = await sql<PersonDetail>`
    select ${personColumns}, p.phone, p.locale,
      (select jsonb_build_object('id', m.id, 'name', m.name) from person m where m.id = p.manager_id) as manager,
      (select jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name) order by u.position)
        from department d cross join unnest(d.path) with ordinality as u(id, position) join department a on a.id = u.id
        where d.id = p.department_id) as "departmentPath",
      (select coalesce(jsonb_agg(jsonb_build_object('system', n.system, 'nativeId', n.native_id, 'state', v.state, 'error', v.last_error,
          'confirmedAt', v.confirmed_at) order by n.system), '[]')
        from native_identity n left join provisioning v on v.system = n.system and v.native_id = n.native_id
        where n.person_id = p.id) as identities
    from (select p.*, d.name as department_name from person p join department d on d.id = p.department_id where p.id = ${id}) p`.execute(
    db,
  )
  return rows[0] ?? unknownPerson(id)
}

/** @throws Problem 404 when nobody has this id */
export async function requirePerson(
  db: Kysely<Schema>,
  id: string,
): Promise<{ id: string; name: Text; active: boolean }> {
  const person = await db.selectFrom('person').select(['id', 'name', 'active']).where('id', '=', id).executeTakeFirst()
  return person ?? unknownPerson(id)
}

function unknownPerson(id: string): never {
  throw new Problem(404, 'unknown_person', {
    zh: `没有工号为“${id}”的人`,
    en: `There is nobody with the employee id "${id}"`,
  })
}

const personColumns = sql`p.id, p.username, p.name, p.email, p.position, p.active,
  jsonb_build_object('id', p.department_id, 'name', p.department_name) as department,
  (select coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'name', b.name) order by b.position, b.id), '[]')
    from person_projection x join business_role b on x.shown #> '{urn:atrium:scim:native,businessRoles}' ? b.id
    where x.person_id = p.id) as "businessRoles"`

function matches(search: string): RawBuilder<boolean> {
  const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`
  return sql`(p.name->>'zh' ilike ${pattern} or p.name->>'en' ilike ${pattern} or p.username ilike ${pattern} or p.email ilike ${pattern} or p.id = ${search})`
}
