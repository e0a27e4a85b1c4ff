import { Problem } from '@atrium/platform/problem'
import { z } from 'zod'
import { readEffects } from '../provisioning/effects.ts'
import { discardDraft, editCell, readDraft } from '../roles/draft.ts'
import { readVersions } from '../roles/mapping.ts'
import { readOverview } from '../roles/overview.ts'
import { difference } from '../roles/preview.ts'
import { findObstacle, publishDraft, rollBack } from '../roles/publish.ts'
import { conflicts } from '../roles/separation.ts'
import { operation } from './operation.ts'
import {
  cell,
  conflict,
  draft,
  effect,
  named,
  publishedVersion,
  roleShift,
  scope,
  scopeShift,
  system,
  text,
} from './schemas.ts'

const tag = 'Role matrix'
const comment = z.strictObject({ comment: z.string().max(500).default('') })
const cellPath = z.object({ role: z.string().min(1), system: z.string().min(1) })
const ifMatch = 'The ETag of the draft as the caller saw it; 409 `draft_changed` when it changed since'
const published = z.object({ version: z.int(), effects: z.array(effect) })

/** The matrix of business roles × systems: look, edit the draft, preview, publish, roll back. */
export const rolesOperations = [
  operation({
    id: 'readRoles',
    method: 'get',
    path: '/admin/roles',
    summary: 'The matrix: systems, business roles, the live cells and the draft',
    tag,
    answer: z.object({
      systems: z.array(system),
      groups: z.array(text),
      roles: z.array(named.extend({ group: text, members: z.int() })),
      published: publishedVersion.extend({ cells: z.array(cell) }).nullable(),
      draft: draft.nullable(),
      drift: z.int(),
      fourEyes: z.boolean(),
    }),
    handle: async ({ deps }) => ({ ...(await readOverview(deps.db)), fourEyes: deps.config.FOUR_EYES }),
  }),
  operation({
    id: 'editDraftCell',
    method: 'put',
    path: '/admin/roles/draft/cells/{role}/{system}',
    summary: 'Change one cell of the draft; starts a draft when there is none',
    tag,
    ifMatch,
    params: cellPath,
    body: z.strictObject({ nativeRoles: z.array(z.string().min(1)).max(50), scope: scope.optional() }),
    answer: draft,
    problems: [404, 409, 422],
    handle: ({ params, body, caller, deps, revision }) =>
      editCell(deps.db, { ...params, ...body }, caller.actor, revision),
  }),
  operation({
    id: 'discardDraft',
    method: 'delete',
    path: '/admin/roles/draft',
    summary: 'Throw the draft away',
    tag,
    ifMatch,
    problems: [409],
    handle: ({ caller, deps, revision }) => discardDraft(deps.db, caller.actor, revision),
  }),
  operation({
    id: 'previewDraft',
    method: 'get',
    path: '/admin/roles/draft/preview',
    summary: 'Who would gain and lose what, computed on live data',
    tag,
    answer: z.object({
      revision: z.int(),
      gains: z.array(roleShift),
      losses: z.array(roleShift),
      scopeChanges: z.array(scopeShift),
      affected: z.int(),
      sessions: z.int(),
      conflicts: z.array(conflict),
      fourEyes: z.boolean(),
      blocked: text.nullable(),
    }),
    problems: [404],
    handle: async ({ deps: { db, config, sessions }, caller }) => {
      const current = await readDraft(db)
      if (!current)
        throw new Problem(404, 'no_draft', {
          zh: '没有草稿：请先修改一个格子',
          en: 'There is no draft: change a cell first',
        })
      const { affected, ...shifts } = await difference(db)
      const found = await conflicts(db)
      const obstacle = findObstacle(current, found, { actor: caller.actor, fourEyes: config.FOUR_EYES })
      return {
        revision: current.revision,
        ...shifts,
        affected: affected.length,
        sessions: await sessions.countLiveSessions(db, affected),
        conflicts: found,
        fourEyes: config.FOUR_EYES,
        blocked: obstacle?.text ?? null,
      }
    },
  }),
  operation({
    id: 'publishDraft',
    method: 'post',
    path: '/admin/roles/draft/publish',
    summary: 'Publish the draft as the next version',
    tag,
    ifMatch,
    body: comment,
    answer: published,
    problems: [409],
    handle: async ({ body, caller, deps, revision }) => {
      const { version } = await publishDraft(deps.db, {
        actor: caller.actor,
        comment: body.comment,
        revision,
        fourEyes: deps.config.FOUR_EYES,
        ip: caller.ip,
      })
      return { version, effects: await readEffects(deps.db) }
    },
  }),
  operation({
    id: 'readVersions',
    method: 'get',
    path: '/admin/roles/versions',
    summary: 'The published versions, newest first',
    tag,
    answer: z.object({ items: z.array(publishedVersion) }),
    handle: async ({ deps }) => ({ items: await readVersions(deps.db) }),
  }),
  operation({
    id: 'rollBack',
    method: 'post',
    path: '/admin/roles/versions/{version}/rollback',
    summary: 'Publish a new version that equals an earlier one',
    tag,
    params: z.object({ version: z.coerce.number().int().min(1).max(2_147_483_647) }),
    body: comment,
    answer: published,
    problems: [404, 409],
    handle: async ({ params, body, caller, deps }) => {
      const { version } = await rollBack(deps.db, {
        to: params.version,
        actor: caller.actor,
        comment: body.comment,
        ip: caller.ip,
      })
      return { version, effects: await readEffects(deps.db) }
    },
  }),
]
