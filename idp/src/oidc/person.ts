import { execute, type Kysely } from '@atrium/platform/database'
import type { Schema } from '../database/schema.ts'
import type { Text } from './tables.ts'

/** What tokens say of a person. `roles` and `systems` are null for somebody the directory has not projected yet. */
export type Person = {
  id: string
  username: string
  name: Text
  email: string | null
  phone: string | null
  locale: string | null
  active: boolean
  roles: string[] | null
  systems: Record<string, { id: string | null; roles: string[] }> | null
}

/**
 * SQL for a person `p` with the rights `x` as the directory projected them. The projection changes in the transaction that changes
 * a right, and within two seconds of a moment that begins or ends one: far less than the five minutes a token keeps them. It costs
 * one lookup by key, where computing the rights costs a join over six tables at every refresh.
 */
export const personColumns = `jsonb_build_object('id', p.id, 'username', p.username, 'name', p.name, 'email', p.email, 'phone', p.phone, 'locale', p.locale,
  'active', p.active, 'roles', x.shown->'urn:atrium:scim:native'->'businessRoles', 'systems', x.shown->'urn:atrium:scim:native'->'systems')`

const findSql = `
  select ${personColumns} as person from person p left join person_projection x on x.person_id = p.id where p.id = $1`

/** Finds a person by employee id. */
export async function findPerson(db: Kysely<Schema>, id: string): Promise<Person | undefined> {
  const { rows } = await execute<{ person: Person }>(db, findSql, [id])
  return rows[0]?.person
}
