import { type Access, createPermissions, decisions } from '../access/permissions.ts'
import type { RequestContext } from '../schema/context.ts'
import type { Dictionary, DictionaryField } from '../schema/dictionary.ts'
import type { Entity } from '../schema/entities.ts'
import { toGraphQLError } from '../schema/errors.ts'
import { fieldResolver } from '../schema/fields.ts'
import { conditionsFor } from '../schema/questions.ts'
import { fromRecord } from '../schema/record.ts'
import { createContext, type RequestDeps } from '../schema/request.ts'
import { fetchPage } from '../schema/rows.ts'
import type { RecordFault } from '../schema/source-notes.ts'
import type { Ground } from './ground.ts'

/** Records of one type, fetched through a mapping that does not run. */
export interface Trial {
  rows: { key: string | null; cells: (string | null)[] }[] | null
  columns: { field: DictionaryField; decision: 'READABLE' | 'MASKED' | 'DENIED' }[]
  total: number | null
  ms: number
  faults: readonly RecordFault[]
  error: string | null
}

/**
 * Fetches the first records of an entity as the viewer. What the viewer may see is decided by the new dictionary and by the
 * running one, and the narrower counts: a text that is only tried must not open what is closed.
 */
export async function tryEntity(
  entity: Entity,
  ground: Ground,
  options: { first: number; running: Dictionary; request: RequestDeps; viewer: RequestContext },
): Promise<Trial> {
  const { first, running, request, viewer } = options
  const connectors = ground.attached.connector.bind(ground.attached)
  const permissions = () => narrower(ground.dictionary, running, viewer)
  // Records of a trial are nobody's figures of data quality.
  const { quality: _, ...rest } = request
  const context = createContext({ ...rest, connectors, permissions }, viewer.viewer, viewer.locale)
  context.operation.text = `trySystem ${entity.id}`
  const columns = entity.fields.map(({ field }) => ({ field, decision: words[context.access.table[field.index] ?? 0] }))
  const started = performance.now()
  const empty = { rows: null, columns: columns as Trial['columns'], total: null }
  try {
    const conditions = await conditionsFor(entity, {}, context)
    const page = { offset: 0, limit: first, count: true }
    const { rows, total } = await fetchPage(connectors, entity, conditions, page, context)
    const read = await Promise.all(
      rows.slice(0, first).map(async row => {
        const parent = fromRecord(entity, row)
        const key = entity.type.entity?.key
        const cells = entity.fields.map(async ({ field }) => {
          const resolve = fieldResolver(ground.dictionary, ground.entities, field)
          // Neither the arguments nor the place in a query matter to the value of a field.
          return cell(await resolve?.(parent, {}, context, undefined as never))
        })
        return { key: key ? cell(parent[key]) : null, cells: await Promise.all(cells) }
      }),
    )
    const { faults } = context.sources
    return { ...empty, rows: read, total, ms: since(started), faults, error: null }
  } catch (error) {
    const shown = toGraphQLError(error, { ...viewer, traceId: context.traceId }) as Error
    if (shown === error && !('extensions' in shown)) throw error
    return { ...empty, ms: since(started), faults: context.sources.faults, error: shown.message }
  } finally {
    context.reads.close(context)
  }
}

const words = {
  [decisions.denied]: 'DENIED',
  [decisions.readable]: 'READABLE',
  [decisions.masked]: 'MASKED',
} as Record<number, Trial['columns'][number]['decision']>

function narrower(dictionary: Dictionary, running: Dictionary, { viewer }: Pick<RequestContext, 'viewer'>): Access {
  const access = createPermissions(dictionary)(viewer)
  const now = createPermissions(running)(viewer).table
  const table = Uint8Array.from(access.table)
  for (const field of dictionary.fields) {
    const known = running.types.get(field.owner)?.fields.get(field.name)
    const decision = known ? now[known.index] : undefined
    if (decision === undefined || decision === decisions.readable || table[field.index] === decisions.denied) continue
    // A mask that the new text takes away cannot be put on: then nothing is shown.
    table[field.index] = decision === decisions.masked && field.mask ? decisions.masked : decisions.denied
  }
  return { ...access, table, may: field => table[field.index] === decisions.readable }
}

function cell(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return `[${value.length}]`
  if (typeof value !== 'object') return String(value)
  const { __typename, name, ...rest } = value as Record<string, unknown>
  return String(name ?? Object.values(rest).find(one => typeof one === 'string') ?? __typename ?? '')
}

function since(started: number): number {
  return Math.round(performance.now() - started)
}
