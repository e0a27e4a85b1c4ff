import { sha256 } from '@atrium/platform/secrets'
import type { GraphQLSchema } from 'graphql'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { PeopleTables } from '../../access/tables.ts'
import { raise } from '../../inbox/raise.ts'
import type { InboxTables } from '../../inbox/tables.ts'
import type { Entities } from '../../schema/entities.ts'
import type { StoredOperations } from '../../schema/stored-operations.ts'
import type { Registry } from '../registry.ts'
import type { Text } from '../types.ts'
import { type Change, type ChangeLevel, differenceOf } from './difference.ts'
import type { Drift } from './drift.ts'
import { operationsAtRisk, type Risk, risksOf } from './risk.ts'
import { type ShapeAlarm, ShapeWatch, shapeCounters } from './shape-watch.ts'
import { endDrift, type Finding, forgetOldDrift, recordDrift } from './store.ts'
import type { DriftTables } from './tables.ts'
import { sayChange } from './words.ts'

/** What runs at the moment: what is mapped, and who asks for it. */
export interface DriftWorld {
  entities: Entities
  stored: StoredOperations
  schema: GraphQLSchema
}

export interface DriftWatch {
  /** a system described itself otherwise than before */
  noticed(drift: Drift): void
  /** Looks at the answers since it looked last. */
  look(): Promise<void>
  stop(): Promise<void>
}

type Db = Kysely<DriftTables & InboxTables & PeopleTables>

const windowMs = 60_000

/** Watches what systems say of themselves and what they answer; tells administrators what endangers a mapping. */
export function startDriftWatch(deps: {
  db: Db
  systems: Pick<Registry, 'attached'>
  /** undefined until something runs */
  current: () => DriftWorld | undefined
  log: Logger
}): DriftWatch {
  const { db, systems, log } = deps
  // Kysely's type is invariant in its tables; each part below names those it uses.
  const drifts = db as unknown as Kysely<DriftTables>
  const shapes = new ShapeWatch(shapeCounters)
  let work: Promise<void> = Promise.resolve()
  let stopped = false
  const later = (task: () => Promise<void>): Promise<void> => {
    work = work.then(task).catch(error => log.error({ err: error }, 'a drift was not recorded'))
    return work
  }
  const timer = setInterval(() => void later(look), windowMs).unref()

  async function describedAnew({ system, before, after, misfits }: Drift): Promise<void> {
    // Systems are described before everything runs: what was noticed meanwhile is judged by what runs then.
    while (!deps.current() && !stopped) await new Promise(resolve => setTimeout(resolve, 200))
    const world = deps.current()
    const changes = await differenceOf(before.told ?? before.description, after.told ?? after.description)
    const atRisk = world ? risksOf(world.entities, system, changes, misfits) : []
    const fingerprint = sha256(JSON.stringify([after.hash, changes.length, misfits]))
    if (misfits.length === 0) await endDrift(drifts, { system, source: 'DESCRIPTION' })
    if (changes.length === 0 && misfits.length === 0) return
    await found(system, { source: 'DESCRIPTION', fingerprint, fits: misfits.length === 0, changes, atRisk })
  }

  async function look(): Promise<void> {
    for (const alarm of shapes.look()) await shapeChanged(alarm)
    await forgetOldDrift(drifts)
  }

  async function shapeChanged(alarm: ShapeAlarm): Promise<void> {
    const entity = deps.current()?.entities.get(alarm.entity)
    if (!entity) return
    const { system } = entity
    const fingerprint = sha256(`${alarm.kind} ${alarm.entity}.${alarm.field}`)
    if (alarm.over) {
      await endDrift(drifts, { system, source: 'ANSWERS', fingerprint })
      return
    }
    if (systems.attached.has(system)) systems.attached.get(system).doubt()
    const place = entity.fields.find(one => one.field.name === alarm.field)?.paths.join(', ') ?? alarm.field
    const change: Change = {
      kind: alarm.kind,
      level: 'RISK',
      operation: entity.definition.operation,
      path: place,
      before: percent(alarm.before),
      after: percent(alarm.after),
    }
    const risk: Risk = { type: entity.type.name, field: alarm.field, level: 'RISK', place }
    await found(system, { source: 'ANSWERS', fingerprint, fits: true, changes: [change], atRisk: [risk] })
  }

  async function found(
    system: string,
    what: Pick<Finding, 'source' | 'fingerprint' | 'fits' | 'changes' | 'atRisk'>,
  ): Promise<void> {
    const world = deps.current()
    const level: ChangeLevel = what.atRisk.some(one => one.level === 'BREAKING')
      ? 'BREAKING'
      : what.atRisk.length > 0
        ? 'RISK'
        : 'HARMLESS'
    const operations = world ? operationsAtRisk(what.atRisk, world.stored, world.schema) : []
    const id = await recordDrift(drifts, { system, level, operations, ...what })
    if (id === undefined || level === 'HARMLESS' || !systems.attached.has(system)) return
    const attachment = systems.attached.get(system)
    const { title, body } = messageOf(attachment.connector.definition.name, level, what, operations)
    attachment.note('CONTRACT_DRIFT', body)
    const href = `/admin/systems/${encodeURIComponent(system)}?drift=${id}`
    await raise(db, {
      key: `drift ${system} ${id}`,
      to: { businessRole: 'administrator' },
      title,
      body,
      href,
      level: 'warning',
      system,
    })
  }

  return {
    noticed: drift => void later(() => describedAnew(drift)),
    look: () => later(look),
    async stop() {
      stopped = true
      clearInterval(timer)
      await work
    },
  }
}

const mostTold = 5

function messageOf(
  name: Text,
  level: ChangeLevel,
  { changes, atRisk, source }: Pick<Finding, 'changes' | 'atRisk' | 'source'>,
  operations: readonly string[],
): { title: Text; body: Text } {
  const fields = atRisk.map(({ type, field }) => (field === null ? type : `${type}.${field}`))
  const list = (items: readonly string[]): string =>
    items.slice(0, mostTold).join(', ') + (items.length > mostTold ? ` … (${items.length})` : '')
  const told = changes
    .filter(one => one.level !== 'HARMLESS')
    .slice(0, mostTold)
    .map(sayChange)
  const zhWhat =
    source === 'ANSWERS'
      ? '的应答变了样'
      : level === 'BREAKING'
        ? '的接口变了，映射有字段失效'
        : '的接口变了，请核对映射'
  const enWhat =
    source === 'ANSWERS'
      ? 'answers otherwise than it used to'
      : level === 'BREAKING'
        ? 'changed its interface: mapped fields no longer work'
        : 'changed its interface: check the mapping'
  const zhOperations = operations.length > 0 ? `用到它们的查询：${list(operations)}。` : ''
  const enOperations = operations.length > 0 ? ` Stored operations that use them: ${list(operations)}.` : ''
  return {
    title: { zh: `${name.zh}${zhWhat}`, en: `${name.en} ${enWhat}` },
    body: {
      zh: `受影响：${list(fields)}。${told.map(one => one.zh).join('；')}。${zhOperations}其余字段照常使用。`,
      en: `At risk: ${list(fields)}. ${told.map(one => one.en).join('; ')}.${enOperations} Everything else goes on as before.`,
    },
  }
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
