import { now } from '@atrium/platform/clock'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { membership } from '../roles/membership.ts'
import { enterpriseExtension, nativeExtension } from './projection.ts'

/** A SCIM resource as it is sent. */
export type Resource = Record<string, unknown> & { id: string; meta: Record<string, unknown> }
export type Page = { total: number; resources: Resource[] }
export type PageQuery = {
  where: RawBuilder<boolean>
  sortBy: RawBuilder<unknown>
  descending: boolean
  offset: number
  count: number
}

type PersonRow = { id: string; shown: Record<string, unknown>; lastModified: Date; created: Date }
type RoleRow = {
  id: string
  name: { zh: string; en: string }
  members: { value: string; display: string }[]
  lastModified: Date
  created: null
}

const people = sql`from person p join person_projection x on x.person_id = p.id`
const roles = sql`from business_role b join role_projection x on x.role_id = b.id`

/** Users by filter, in a stable order, so that pages neither overlap nor leave gaps while nothing changes. */
export async function readUsers(db: Kysely<Schema>, base: string, query: PageQuery): Promise<Page> {
  const { rows } = await sql<PersonRow>`
    select p.id, x.shown, x.last_modified as "lastModified", p.created_at as created ${people}
    where ${query.where} order by ${query.sortBy} ${direction(query)}, p.id limit ${query.count} offset ${query.offset}`.execute(
    db,
  )
  return { total: await count(db, people, query.where), resources: rows.map(row => userResource(base, row)) }
}

/** Business roles as groups, with the people who have them at this moment. */
export async function readGroups(db: Kysely<Schema>, base: string, query: PageQuery): Promise<Page> {
  const { rows } = await sql<RoleRow>`
    with member as materialized (${membership(now(), null)})
    select b.id, b.name, x.last_modified as "lastModified", null as created,
      (select coalesce(jsonb_agg(jsonb_build_object('value', p.id, 'display', p.name->>'zh') order by p.id), '[]')
        from member m join person p on p.id = m.person_id where m.role_id = b.id) as members
    ${roles}
    where ${query.where} order by ${query.sortBy} ${direction(query)}, b.id limit ${query.count} offset ${query.offset}`.execute(
    db,
  )
  return { total: await count(db, roles, query.where), resources: rows.map(row => groupResource(base, row)) }
}

function direction(query: PageQuery): RawBuilder<unknown> {
  return query.descending ? sql`desc nulls last` : sql`asc nulls last`
}

async function count(db: Kysely<Schema>, from: RawBuilder<unknown>, where: RawBuilder<boolean>): Promise<number> {
  const { rows } = await sql<{ n: number }>`select count(*) as n ${from} where ${where}`.execute(db)
  return rows[0]!.n
}

function userResource(base: string, row: PersonRow): Resource {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', enterpriseExtension, nativeExtension],
    ...row.shown,
    id: row.id,
    meta: meta('User', `${base}/Users/${encodeURIComponent(row.id)}`, row),
  }
}

function groupResource(base: string, row: RoleRow): Resource {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group', nativeExtension],
    id: row.id,
    displayName: row.name.zh,
    members: row.members.map(member => ({
      ...member,
      $ref: `${base}/Users/${encodeURIComponent(member.value)}`,
      type: 'User',
    })),
    [nativeExtension]: { names: row.name },
    meta: meta('Group', `${base}/Groups/${encodeURIComponent(row.id)}`, row),
  }
}

function meta(
  resourceType: string,
  location: string,
  row: { lastModified: Date; created: Date | null },
): Record<string, unknown> {
  return {
    resourceType,
    location,
    ...(row.created ? { created: row.created.toISOString() } : {}),
    lastModified: row.lastModified.toISOString(),
    version: `W/"${row.lastModified.getTime()}"`,
  }
}
