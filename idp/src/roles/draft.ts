import { audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Actor } from '../directory/tables.ts'
import { changeDirectory } from '../directory/transaction.ts'
import type { NativeRole } from '../oidc/tables.ts'
import { type Cell, draftCells, liveCells, liveVersion, readCells } from './mapping.ts'
import { type Scope, widest } from './scope.ts'

/** A cell before and after the draft; null where it is empty. */
export type CellChange = { role: string; system: string; before: CellContent | null; after: CellContent | null }
export type CellContent = { nativeRoles: string[]; scope: Scope }

/** The draft: all cells as they would be, and the changes apart. `version` is the number it would be published under. */
export type Draft = {
  version: number
  revision: number
  by: Actor
  at: Date
  startedAt: Date
  editors: string[]
  cells: Cell[]
  changes: CellChange[]
}

/** The draft, if there is one. */
export async function readDraft(db: Kysely<Schema>): Promise<Draft | null> {
  const draft = await db.selectFrom('mapping_draft').selectAll().executeTakeFirst()
  if (!draft) return null
  const { rows: changes } = await sql<CellChange>`
    select c.role, c.system,
      case when b.role_id is not null then jsonb_build_object('nativeRoles', b.native_roles, 'scope', b.scope) end as before,
      case when cardinality(c.native_roles) > 0 then jsonb_build_object('nativeRoles', c.native_roles, 'scope', c.scope) end as after
    from (select role_id as role, system, native_roles, scope from mapping_draft_cell) c
      left join (${liveCells}) b on b.role_id = c.role and b.system = c.system
    order by c.role, c.system`.execute(db)
  return {
    version: ((await liveVersion(db))?.version ?? 0) + 1,
    revision: draft.revision,
    by: draft.edited_by,
    at: draft.edited_at,
    startedAt: draft.started_at,
    editors: draft.editors,
    cells: await readCells(db, draftCells),
    changes,
  }
}

/**
 * Changes one cell of the draft, starting a draft when there is none.
 * @param cell no native roles = the business role has no right in that system; without `scope` the widest usual one
 * @param revision the draft that the caller has seen; absent = whatever is there
 * @throws Problem 404 for an unknown role or system, 422 for native roles that the system does not know, 409 `draft_changed`
 */
export async function editCell(
  db: Kysely<Schema>,
  cell: { role: string; system: string; nativeRoles: string[]; scope?: Scope | undefined },
  actor: Actor,
  revision?: number,
): Promise<Draft> {
  return await changeDirectory(db, async trx => {
    await requireRevision(trx, revision)
    const content = await checkCell(trx, cell)
    await sql`
      insert into mapping_draft as d (edited_by, editors) values (${JSON.stringify(actor)}::jsonb, ${[actor.id]}::text[])
      on conflict (singleton) do update set revision = d.revision + 1, edited_at = clock_timestamp(), edited_by = excluded.edited_by,
        editors = array(select distinct e from unnest(d.editors || excluded.editors) e order by e)`.execute(trx)
    await sql`
      insert into mapping_draft_cell (role_id, system, native_roles, scope)
      values (${cell.role}, ${cell.system}, ${content.nativeRoles}::text[], ${content.scope}::data_scope)
      on conflict (role_id, system) do update set native_roles = excluded.native_roles, scope = excluded.scope`.execute(
      trx,
    )
    await dropUnchangedCells(trx)
    await audit(trx, {
      actor,
      action: 'roles.draft.changed',
      target: { type: 'cell', id: `${cell.role}/${cell.system}` },
      outcome: 'success',
      detail: content,
    })
    return (await readDraft(trx))!
  })
}

/**
 * Throws the draft away.
 * @throws Problem 404 when there is none
 */
export async function discardDraft(db: Kysely<Schema>, actor: Actor, revision?: number): Promise<void> {
  await changeDirectory(db, async trx => {
    await requireRevision(trx, revision)
    await requireDraft(trx)
    await removeDraft(trx)
    await audit(trx, {
      actor,
      action: 'roles.draft.discarded',
      target: { type: 'mapping', id: 'draft' },
      outcome: 'success',
    })
  })
}

/** Removes the draft, in the transaction that publishes or discards it. */
export async function removeDraft(trx: Kysely<Schema>): Promise<void> {
  await trx.deleteFrom('mapping_draft_cell').execute()
  await trx.deleteFrom('mapping_draft').execute()
}

/** A cell that is as it is live is no change: after an edit back, or after a publication that brought the same. */
export async function dropUnchangedCells(trx: Kysely<Schema>): Promise<void> {
  await sql`
    delete from mapping_draft_cell c where exists (
        select 1 from (${liveCells}) l where l.role_id = c.role_id and l.system = c.system
          and l.native_roles = c.native_roles and l.scope = c.scope)
      or (cardinality(c.native_roles) = 0 and not exists (
        select 1 from (${liveCells}) l where l.role_id = c.role_id and l.system = c.system))`.execute(trx)
}

/** @throws Problem 409 `no_draft` that says what became of it */
export async function requireDraft(trx: Kysely<Schema>): Promise<Draft> {
  const draft = await readDraft(trx)
  if (draft) return draft
  const live = await liveVersion(trx)
  const who = live?.by.name ?? live?.by.id
  throw new Problem(
    409,
    'no_draft',
    {
      zh: live
        ? `没有草稿：最近一次是 ${who} 发布的 v${live.version}，可能已包含您的修改；请重新加载后查看`
        : '没有草稿：请先修改一个格子',
      en: live
        ? `There is no draft: ${who} published v${live.version}, which may already hold your changes; load the page again and look`
        : 'There is no draft: change a cell first',
    },
    live ? { version: live.version } : {},
  )
}

async function requireRevision(trx: Kysely<Schema>, revision: number | undefined): Promise<void> {
  if (revision === undefined) return
  const draft = await trx.selectFrom('mapping_draft').select(['revision', 'edited_by']).executeTakeFirst()
  if (draft?.revision === revision || (!draft && revision === 0)) return
  if (!draft) await requireDraft(trx)
  const who = draft!.edited_by.name ?? draft!.edited_by.id
  throw new Problem(
    409,
    'draft_changed',
    {
      zh: `草稿在您查看之后被 ${who} 改动过（修订 ${draft!.revision}）；请重新加载，再决定`,
      en: `${who} changed the draft after you looked at it (revision ${draft!.revision}); load it again, then decide`,
    },
    { revision: draft!.revision },
  )
}

async function checkCell(
  trx: Kysely<Schema>,
  cell: { role: string; system: string; nativeRoles: string[]; scope?: Scope | undefined },
): Promise<CellContent> {
  const role = await trx.selectFrom('business_role').select('id').where('id', '=', cell.role).executeTakeFirst()
  if (!role)
    throw new Problem(404, 'unknown_role', {
      zh: `没有业务角色“${cell.role}”`,
      en: `There is no business role "${cell.role}"`,
    })
  const application = await trx
    .selectFrom('application')
    .select('native_roles')
    .where('id', '=', cell.system)
    .executeTakeFirst()
  if (!application)
    throw new Problem(404, 'unknown_system', {
      zh: `没有系统“${cell.system}”`,
      en: `There is no system "${cell.system}"`,
    })
  return contentOf(application.native_roles, cell)
}

/** The content of a cell in its stored form. @throws Problem 422 naming the native roles that the system does not know */
export function contentOf(
  known: NativeRole[],
  cell: { system: string; nativeRoles: string[]; scope?: Scope | undefined },
): CellContent {
  const nativeRoles = [...new Set(cell.nativeRoles)].sort()
  const unknown = nativeRoles.filter(id => !known.some(role => role.id === id))
  if (unknown.length > 0) {
    const names = known.map(role => role.id).join(', ')
    throw new Problem(422, 'unknown_native_role', {
      zh: `系统“${cell.system}”没有角色 ${unknown.join('、')}；它有：${names}`,
      en: `The system "${cell.system}" has no role ${unknown.join(', ')}; it has: ${names}`,
    })
  }
  const usual = known.filter(role => nativeRoles.includes(role.id)).map(role => role.scope as Scope)
  return { nativeRoles, scope: nativeRoles.length === 0 ? 'none' : (cell.scope ?? usual.reduce(widest, 'none')) }
}
