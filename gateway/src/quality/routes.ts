import { audit } from '@atrium/platform/audit'
import { Problem, preferredLanguage } from '@atrium/platform/problem'
import Router from '@koa/router'
import type { Kysely } from 'kysely'
import { z } from 'zod'
import { IssuerUnavailable } from '../access/authenticate.ts'
import type { Access } from '../access/permissions.ts'
import { type Person, personOf, Unauthenticated, type Viewer } from '../access/person.ts'
import { toCsv, toJson } from './export.ts'
import { NotOwner, type QualityReport, type QualityWorld, readQuality } from './service.ts'
import { keptDays, keptRecords } from './store.ts'
import type { QualityTables } from './tables.ts'

export interface QualityRouteDeps {
  db: Kysely<QualityTables>
  zone: string
  /** the dictionary and systems of this moment, and what a viewer may read of it */
  current(): { world: QualityWorld; permissions: (viewer: Viewer) => Pick<Access, 'table'> }
  authenticate(authorization: string | undefined): Promise<Viewer>
}

const query = z.object({
  system: z.string().max(100).optional(),
  type: z.string().max(100).optional(),
  days: z.coerce.number().int().min(1).max(keptDays).default(30),
})

/** GET /quality/findings.csv and .json: the findings with their records, for administrators and owners of data. */
export function qualityRoutes(deps: QualityRouteDeps): Router {
  const router = new Router({ prefix: '/quality' })
  router.get('/findings.:format', async ctx => {
    const { format } = ctx.params
    if (format !== 'csv' && format !== 'json')
      throw new Problem(404, 'not_found', {
        zh: '只有 findings.csv 和 findings.json',
        en: 'There are findings.csv and findings.json',
      })
    const viewer = await authenticated(deps, ctx.get('authorization') || undefined)
    const asked = query.safeParse(ctx.query)
    if (!asked.success)
      throw new Problem(400, 'bad_input', {
        zh: `days 是 1 到 ${keptDays} 的整数，system 和 type 各一个`,
        en: `days is a whole number from 1 to ${keptDays}; system and type are one each`,
      })
    const language = preferredLanguage(ctx.get('accept-language') || undefined) === 'en' ? 'en' : 'zh'
    const { person, report } = await read(deps, viewer, asked.data)
    await audit(deps.db, {
      actor: { id: person.id, name: person.name.zh, kind: 'person' },
      action: 'quality.export',
      target: { type: 'quality', id: [asked.data.system ?? '*', asked.data.type ?? '*'].join('.') },
      outcome: 'success',
      detail: { format, days: asked.data.days, findings: report.findings.length },
      ip: ctx.ip,
    })
    const day = report.days.at(-1)
    ctx.set('Content-Disposition', `attachment; filename="data-quality-${day}.${format}"`)
    ctx.set('Cache-Control', 'no-store')
    ctx.type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8'
    ctx.body = format === 'csv' ? toCsv(report, language) : toJson(report)
  })
  return router
}

async function authenticated(deps: QualityRouteDeps, authorization: string | undefined): Promise<Viewer> {
  try {
    return await deps.authenticate(authorization)
  } catch (error) {
    if (error instanceof Unauthenticated) throw new Problem(401, 'unauthenticated', error.reason)
    if (error instanceof IssuerUnavailable)
      throw new Problem(503, 'issuer_unavailable', {
        zh: '登录服务暂时无法访问，请重试',
        en: 'The sign-in service cannot be reached; try again',
      })
    throw error
  }
}

async function read(
  deps: QualityRouteDeps,
  viewer: Viewer,
  asked: z.infer<typeof query>,
): Promise<{ person: Person; report: QualityReport }> {
  const { world, permissions } = deps.current()
  const person = personOf(viewer)
  try {
    if (!person) throw new NotOwner('an application')
    const filter = { ...asked, system: asked.system ?? null, type: asked.type ?? null, zone: deps.zone }
    const report = await readQuality(deps.db, world, { person, access: permissions(viewer) }, filter, keptRecords)
    return { person, report }
  } catch (error) {
    if (error instanceof NotOwner)
      throw new Problem(403, 'forbidden', {
        zh: '数据质量给管理员和数据的负责人看',
        en: 'Data quality is for administrators and owners of data',
      })
    throw error
  }
}
