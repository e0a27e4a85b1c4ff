import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Actor } from '../directory/tables.ts'
import type { Scope } from './scope.ts'

/** What a business role gives in one system. */
export type Cell = { role: string; system: string; nativeRoles: string[]; scope: Scope }

/** A published mapping. `restores` names the version it brought back. */
export type PublishedVersion = { version: number; comment: string; at: Date; by: Actor; restores: number | null }

/** SQL for the rows (role_id, system, native_roles, scope) of the live mapping. */
export const liveCells: RawBuilder<unknown> = sql`
  select role_id, system, native_roles, scope from mapping_cell where version = (select max(version) from mapping_version)`

/** SQL for the same rows as they would be with the draft published. */
export const draftCells: RawBuilder<unknown> = sql`
  select coalesce(c.role_id, l.role_id) as role_id, coalesce(c.system, l.system) as system,
    coalesce(c.native_roles, l.native_roles) as native_roles, coalesce(c.scope, l.scope) as scope
  from (${liveCells}) l full join mapping_draft_cell c on c.role_id = l.role_id and c.system = l.system
  where cardinality(coalesce(c.native_roles, l.native_roles)) > 0`

/** The cells of either set, in a stable order. */
export async function readCells(db: Kysely<Schema>, cells: RawBuilder<unknown>): Promise<Cell[]> {
  const { rows } = await sql<Cell>`
    select role_id as role, system, native_roles as "nativeRoles", scope from (${cells}) c order by role_id, system`.execute(
    db,
  )
  return rows
}

/** SQL for the cells of one published version. */
export function cellsOf(version: number): RawBuilder<unknown> {
  return sql`select role_id, system, native_roles, scope from mapping_cell where version = ${version}`
}

/** The live version, or undefined before the first publication. */
export async function liveVersion(db: Kysely<Schema>): Promise<PublishedVersion | undefined> {
  return (await readVersions(db, 1))[0]
}

/** The published versions, newest first. */
export async function readVersions(db: Kysely<Schema>, limit = 100): Promise<PublishedVersion[]> {
  const { rows } = await sql<PublishedVersion>`
    select version, comment, published_at as at, published_by as by, restores
    from mapping_version order by version desc limit ${limit}`.execute(db)
  return rows
}

/**
 * Publishes cells as the next version, in the caller's transaction.
 * @returns the new version's number
 */
export async function insertVersion(
  trx: Kysely<Schema>,
  cells: Cell[],
  about: { comment: string; by: Actor; restores?: number },
): Promise<number> {
  const { rows } = await sql<{ version: number }>`
    insert into mapping_version (version, comment, published_by, restores)
    select coalesce(max(version), 0) + 1, ${about.comment}, ${JSON.stringify(about.by)}::jsonb, ${about.restores ?? null}::integer
    from mapping_version returning version`.execute(trx)
  const version = rows[0]!.version
  await sql`
    insert into mapping_cell (version, role_id, system, native_roles, scope)
    select ${version}, c.role, c.system, c."nativeRoles", c.scope
    from jsonb_to_recordset(${JSON.stringify(cells)}::jsonb) as c(role text, system text, "nativeRoles" text[], scope data_scope)`.execute(
    trx,
  )
  return version
}
