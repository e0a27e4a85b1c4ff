import { audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Actor } from '../directory/tables.ts'
import { changeDirectory, settle } from '../directory/transaction.ts'
import type { Text } from '../oidc/tables.ts'
import { type Draft, dropUnchangedCells, removeDraft, requireDraft } from './draft.ts'
import { cellsOf, insertVersion, liveVersion, readCells } from './mapping.ts'
import { difference } from './preview.ts'
import { type Conflict, conflicts } from './separation.ts'

/** Why a draft cannot be published by this person now; null when it can. */
export type Obstacle = { code: string; status: number; text: Text }

/**
 * Publishes the draft: the new version, everybody's changed resource, the accounts to push, the hint to the gateway and
 * the audit entry are one transaction. Two who publish at once are put in a row; the second finds no draft.
 * @param o `revision` is the draft whose preview the caller saw; `fourEyes` demands a publisher who did not edit
 * @throws Problem 409 `no_draft`, `draft_changed`, `nothing_to_publish`, `separation_of_duties`; 403 `four_eyes`
 */
export async function publishDraft(
  db: Kysely<Schema>,
  o: { actor: Actor; comment: string; revision?: number | undefined; fourEyes: boolean; ip?: string },
): Promise<{ version: number; affected: string[] }> {
  return await changeDirectory(db, async trx => {
    const draft = await requireDraft(trx)
    const obstacle = findObstacle(draft, await conflicts(trx), o)
    if (obstacle) throw new Problem(obstacle.status, obstacle.code, obstacle.text, { revision: draft.revision })
    const change = await difference(trx)
    const version = await insertVersion(trx, draft.cells, { comment: o.comment, by: o.actor })
    await removeDraft(trx)
    await settle(trx, null, version)
    await audit(trx, {
      actor: o.actor,
      action: 'roles.published',
      target: { type: 'mapping', id: `v${version}` },
      outcome: 'success',
      detail: { comment: o.comment, changes: draft.changes, people: change.affected.length, ...shiftCounts(change) },
      ...(o.ip ? { ip: o.ip } : {}),
    })
    return { version, affected: change.affected }
  })
}

/**
 * Publishes a new version that equals an earlier one. An open draft stays: it holds changes, and they now apply to what
 * was brought back.
 * @throws Problem 404 for an unknown version, 409 `already_live` when nothing would change
 */
export async function rollBack(
  db: Kysely<Schema>,
  o: { to: number; actor: Actor; comment: string; ip?: string },
): Promise<{ version: number; affected: string[] }> {
  return await changeDirectory(db, async trx => {
    const known = await trx
      .selectFrom('mapping_version')
      .select('version')
      .where('version', '=', o.to)
      .executeTakeFirst()
    if (!known)
      throw new Problem(404, 'unknown_version', { zh: `没有版本 v${o.to}`, en: `There is no version v${o.to}` })
    const live = (await liveVersion(trx))!
    const cells = await readCells(trx, cellsOf(o.to))
    if (JSON.stringify(cells) === JSON.stringify(await readCells(trx, cellsOf(live.version))))
      throw new Problem(409, 'already_live', {
        zh: `v${o.to} 与现行的 v${live.version} 相同，无需回滚`,
        en: `v${o.to} equals v${live.version}, which is live: there is nothing to roll back`,
      })
    const change = await difference(trx, cellsOf(o.to))
    const version = await insertVersion(trx, cells, { comment: o.comment, by: o.actor, restores: o.to })
    // Whoever looked at the draft saw it against another live version.
    await sql`update mapping_draft set revision = revision + 1`.execute(trx)
    await dropUnchangedCells(trx)
    await settle(trx, null, version)
    await audit(trx, {
      actor: o.actor,
      action: 'roles.rolled_back',
      target: { type: 'mapping', id: `v${version}` },
      outcome: 'success',
      detail: { comment: o.comment, restores: o.to, people: change.affected.length, ...shiftCounts(change) },
      ...(o.ip ? { ip: o.ip } : {}),
    })
    return { version, affected: change.affected }
  })
}

/** The first reason why this actor cannot publish this draft. */
export function findObstacle(
  draft: Draft,
  found: Conflict[],
  o: { actor: Actor; revision?: number | undefined; fourEyes: boolean },
): Obstacle | null {
  const introduced = found.filter(conflict => conflict.introduced)
  if (o.revision !== undefined && o.revision !== draft.revision)
    return {
      code: 'draft_changed',
      status: 409,
      text: {
        zh: `草稿在您预览之后被 ${draft.by.name ?? draft.by.id} 改动过；请重新预览再发布`,
        en: `${draft.by.name ?? draft.by.id} changed the draft after your preview; look at the preview again, then publish`,
      },
    }
  if (draft.changes.length === 0)
    return {
      code: 'nothing_to_publish',
      status: 409,
      text: {
        zh: '草稿与现行版本相同，没有可发布的改动',
        en: 'The draft equals what is live: there is nothing to publish',
      },
    }
  if (introduced.length > 0)
    return {
      code: 'separation_of_duties',
      status: 409,
      text: {
        zh: `先处理 ${introduced.length} 处权责冲突：${introduced[0]!.detail.zh}`,
        en: `Resolve ${introduced.length} conflict${introduced.length === 1 ? '' : 's'} of duties first: ${introduced[0]!.detail.en}`,
      },
    }
  if (o.fourEyes && draft.editors.includes(o.actor.id))
    return {
      code: 'four_eyes',
      status: 403,
      text: {
        zh: '需要第二人发布：您改过这份草稿，请另一位管理员查看并发布',
        en: 'A second person must publish: you edited this draft, ask another administrator to look at it and publish',
      },
    }
  return null
}

function shiftCounts(change: Awaited<ReturnType<typeof difference>>) {
  const brief = (list: { system: string; nativeRole: string; count: number }[]) =>
    list.map(({ system, nativeRole, count }) => ({ system, nativeRole, count }))
  return { gains: brief(change.gains), losses: brief(change.losses) }
}
