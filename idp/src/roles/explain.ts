import { now } from '@atrium/platform/clock'
import { Problem } from '@atrium/platform/problem'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { requirePerson } from '../directory/people.ts'
import type { Actor } from '../directory/tables.ts'
import type { Text } from '../oidc/tables.ts'
import { effectiveRights } from './effective.ts'
import { inForce, ruleMatches } from './membership.ts'
import type { Scope } from './scope.ts'

/** Why somebody has a business role. */
export type Because =
  | {
      kind: 'assignment'
      id: number
      reason: string
      grantedBy: Actor
      grantedAt: string
      from: string | null
      until: string | null
    }
  | {
      kind: 'rule'
      id: number
      reason: string
      departmentId: string | null
      department: Text | null
      position: string | null
    }

/** One way from a person to a native role: because → business role → cell of a version → native role. */
export type Link = {
  because: Because
  businessRole: { id: string; name: Text }
  mapping: { version: number; publishedAt: string; publishedBy: Actor; since: number; scope: Scope }
  nativeRole: { id: string; name: Text }
  text: Text
}

/** Everything that explains a person's rights in one system. */
export type Explanation = {
  person: { id: string; name: Text; active: boolean }
  system: string
  nativeId: string | null
  roles: string[]
  scope: Scope
  account: { state: 'pending' | 'done' | 'failed'; error: string | null; confirmedAt: Date | null } | null
  links: Link[]
}

/**
 * Says why a person has each right in a system, link by link.
 * @throws Problem 404 for an unknown person or system
 */
export async function explain(db: Kysely<Schema>, personId: string, system: string): Promise<Explanation> {
  const person = await requirePerson(db, personId)
  const application = await db.selectFrom('application').select('id').where('id', '=', system).executeTakeFirst()
  if (!application)
    throw new Problem(404, 'unknown_system', { zh: `没有系统“${system}”`, en: `There is no system "${system}"` })
  const right = (await effectiveRights(db, personId)).systems[system] ?? { id: null, roles: [], scope: 'none' as const }
  const account = await db
    .selectFrom('provisioning')
    .select(['state', 'last_error as error', 'confirmed_at as confirmedAt'])
    .where('system', '=', system)
    .where('person_id', '=', personId)
    .where('native_id', '=', right.id ?? '')
    .executeTakeFirst()
  return {
    person: { id: person.id, name: person.name, active: person.active },
    system,
    nativeId: right.id,
    roles: right.roles,
    scope: right.scope,
    account: account ?? null,
    links: (await readLinks(db, personId, system)).map(link => ({ ...link, text: say(link) })),
  }
}

async function readLinks(db: Kysely<Schema>, personId: string, system: string): Promise<Omit<Link, 'text'>[]> {
  const { rows } = await sql<Omit<Link, 'text'>>`
    with cause as (
      select a.role_id, jsonb_build_object('kind', 'assignment', 'id', a.id, 'reason', a.reason, 'grantedBy', a.granted_by,
        'grantedAt', a.granted_at, 'from', a.valid_from, 'until', a.valid_until) as because
      from role_assignment a join person p on p.id = a.person_id and p.active
      where a.person_id = ${personId} and ${inForce(now())}
      union all
      select r.role_id, jsonb_build_object('kind', 'rule', 'id', r.id, 'reason', r.reason, 'departmentId', r.department_id,
        'department', (select name from department where id = r.department_id), 'position', r.position)
      from person p join department d on d.id = p.department_id join role_rule r on ${ruleMatches}
      where p.id = ${personId} and p.active),
    live as (select * from mapping_version order by version desc limit 1)
    select k.because, jsonb_build_object('id', b.id, 'name', b.name) as "businessRole",
      jsonb_build_object('version', l.version, 'publishedAt', l.published_at, 'publishedBy', l.published_by, 'scope', c.scope,
        'since', ${since}) as mapping,
      jsonb_build_object('id', n.role, 'name', coalesce(
        (select x->'name' from jsonb_array_elements(s.native_roles) x where x->>'id' = n.role),
        jsonb_build_object('zh', n.role, 'en', n.role))) as "nativeRole"
    from cause k join business_role b on b.id = k.role_id cross join live l
      join mapping_cell c on c.version = l.version and c.role_id = k.role_id and c.system = ${system}
      join application s on s.id = c.system cross join lateral unnest(c.native_roles) as n(role)
    order by n.role, b.position, b.id, k.because->>'kind', (k.because->>'id')::bigint`.execute(db)
  return rows
}

/** The version since which the cell has given this native role without a break. */
const since = sql`(
  select coalesce(min(v.version), l.version) from mapping_version v where v.version > coalesce((
    select max(w.version) from mapping_version w where not exists (
      select 1 from mapping_cell o where o.version = w.version and o.role_id = c.role_id and o.system = c.system and n.role = any(o.native_roles))), 0))`

function say({ because, businessRole, mapping, nativeRole }: Omit<Link, 'text'>): Text {
  const cause: Text =
    because.kind === 'assignment'
      ? {
          zh: `${because.grantedBy.name ?? because.grantedBy.id}授予了“${businessRole.name.zh}”（${because.reason}）${because.until ? `，到 ${because.until.slice(0, 10)} 为止` : ''}`,
          en: `${because.grantedBy.name ?? because.grantedBy.id} granted "${businessRole.name.en}" (${because.reason})${because.until ? `, until ${because.until.slice(0, 10)}` : ''}`,
        }
      : {
          zh: `规则：${because.department?.zh ?? '全公司'}${because.position ? `的“${because.position}”` : '的所有人'}是“${businessRole.name.zh}”（${because.reason}）`,
          en: `Rule: ${because.position ? `every "${because.position}"` : 'everybody'} in ${because.department?.en ?? 'the company'} is "${businessRole.name.en}" (${because.reason})`,
        }
  return {
    zh: `${cause.zh}；映射 v${mapping.version} 因此给出“${nativeRole.name.zh}”（${nativeRole.id}），自 v${mapping.since} 起`,
    en: `${cause.en}; mapping v${mapping.version} therefore gives "${nativeRole.name.en}" (${nativeRole.id}), since v${mapping.since}`,
  }
}
