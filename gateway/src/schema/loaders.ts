import { now } from '@atrium/platform/clock'
import DataLoader from 'dataloader'
import { findPeopleByIds, findPeopleByNative } from '../access/people.ts'
import { type Person, personOf } from '../access/person.ts'
import { peopleInScope } from '../access/scope-people.ts'
import { type Condition, follow, type Row } from '../systems/protocols/protocol.ts'
import { UpstreamError } from '../systems/types.ts'
import type { RequestContext } from './context.ts'
import type { Entity } from './entities.ts'
import { conditionsFor } from './questions.ts'
import { type Connectors, fetchPage, fetchTogether } from './rows.ts'
import { sumByKey } from './sums.ts'

/** Request-scoped batching: what is asked for in one tick is one call to a system, and nothing is fetched twice. */
export interface Loaders {
  /** the record of a key within the viewer's scope; null when there is none */
  row(entity: Entity, key: string): Promise<Row | null>
  /** takes records that were fetched otherwise, so that they are not fetched again */
  prime(entity: Entity, rows: readonly Row[]): void
  /** lets a record be fetched anew after it was changed */
  forget(entity: Entity, key: string): void
  /** the first records that name a parent */
  children(entity: Entity, by: string, path: string, parent: string, first: number, free: boolean): Promise<Row[]>
  personByNative(system: string, nativeId: string): Promise<Person | null>
  personById(id: string): Promise<Person | null>
  /** whose records the viewer may see in a system */
  scope(system: string): Promise<readonly string[] | 'all'>
  /** the company's day, YYYY-MM-DD */
  today(): string
}

/** @param zone the company's time zone, e.g. Asia/Shanghai */
export function createLoaders(connectors: Connectors, zone: string, contextOf: () => RequestContext): Loaders {
  const rowLoaders = new Map<string, DataLoader<string, Row | null>>()
  const childLoaders = new Map<string, DataLoader<string, Row[]>>()
  const nativeLoaders = new Map<string, DataLoader<string, Person | null>>()
  const scopes = new Map<string, Promise<readonly string[] | 'all'>>()
  let today: string | undefined

  const people = new DataLoader<string, Person | null>(async ids => {
    const found = await findPeopleByIds(contextOf().db, ids)
    return ids.map(id => found.get(id) ?? null)
  })

  function rowsOf(entity: Entity): DataLoader<string, Row | null> {
    let loader = rowLoaders.get(entity.id)
    if (!loader) {
      loader = new DataLoader(keys => aligned(keys, () => loadRows(connectors, entity, keys, contextOf())), {
        maxBatchSize: entity.definition.max,
      })
      rowLoaders.set(entity.id, loader)
    }
    return loader
  }

  return {
    row: (entity, key) => rowsOf(entity).load(key),
    prime(entity, rows) {
      if (!entity.keyPath || !entity.keyFilter) return
      const loader = rowsOf(entity)
      for (const row of rows) loader.prime(String(follow(row, entity.keyPath)), row)
    },
    forget: (entity, key) => void rowsOf(entity).clear(key),
    children(entity, by, path, parent, first, free) {
      const id = `${entity.id} ${by} ${first} ${free}`
      let loader = childLoaders.get(id)
      if (!loader) {
        loader = new DataLoader(
          parents =>
            aligned(parents, () => loadChildren(connectors, entity, { by, path, first, free }, parents, contextOf())),
          {
            maxBatchSize: Math.min(mostParents, entity.definition.max),
          },
        )
        childLoaders.set(id, loader)
      }
      return loader.load(parent)
    },
    personByNative(system, nativeId) {
      let loader = nativeLoaders.get(system)
      if (!loader) {
        loader = new DataLoader(async ids => {
          const found = await findPeopleByNative(contextOf().db, system, ids)
          return ids.map(id => found.get(id) ?? null)
        })
        nativeLoaders.set(system, loader)
      }
      return loader.load(nativeId)
    },
    personById: id => people.load(id),
    scope(system) {
      let scope = scopes.get(system)
      if (!scope) {
        const { viewer, db } = contextOf()
        const person = personOf(viewer)
        scope = person ? peopleInScope(db, person, system) : Promise.resolve([])
        scopes.set(system, scope)
      }
      return scope
    },
    today: () => (today ??= dayIn(zone)),
  }
}

const calendars = new Map<string, { format: Intl.DateTimeFormat; minute: number; day: string }>()

/** Today in a time zone. Kept for the minute: days begin with one, and to write a date costs more than the rest of it. */
export function dayIn(zone: string): string {
  const at = now()
  const minute = Math.floor(at.getTime() / 60_000)
  let calendar = calendars.get(zone)
  if (!calendar) {
    // The Swedish way of writing a date is ISO 8601.
    calendar = { format: new Intl.DateTimeFormat('sv-SE', { timeZone: zone }), minute: Number.NaN, day: '' }
    calendars.set(zone, calendar)
  }
  if (calendar.minute !== minute) Object.assign(calendar, { minute, day: calendar.format.format(at) })
  return calendar.day
}

/** One slot a key, in the order of the keys, whatever happens: an error fills every slot of its own call only. */
async function aligned<T>(keys: readonly string[], load: () => Promise<Map<string, T>>): Promise<(T | Error)[]> {
  let found: Map<string, T>
  try {
    found = await load()
  } catch (error) {
    return keys.map(() => error as Error)
  }
  return keys.map(key => found.get(key) as T)
}

async function loadRows(
  connectors: Connectors,
  entity: Entity,
  keys: readonly string[],
  context: RequestContext,
): Promise<Map<string, Row | null>> {
  const result = new Map<string, Row | null>(keys.map(key => [key, null]))
  if (entity.definition.aggregate) return await sumByKey(connectors, entity, keys, context)
  if (!entity.keyFilter || !entity.keyPath) throw new Error(`${entity.id} cannot be read by key`)
  const conditions = await conditionsFor(entity, { [entity.keyFilter]: keys }, context)
  const { rows } = await fetchPage(
    connectors,
    entity,
    conditions,
    { offset: 0, limit: keys.length, count: false, asked: context.asked?.get(entity.type.name) },
    context,
  )
  for (const row of rows) {
    const key = String(follow(row, entity.keyPath))
    if (result.has(key)) result.set(key, row)
    else
      context.sources.fault({
        system: entity.system,
        type: entity.type.name,
        field: '*',
        key,
        reason: 'was not asked for',
      })
  }
  return result
}

interface ChildQuestion {
  by: string
  path: string
  first: number
  free: boolean
}

const mostPages = 10
// As many as a list gives rows, so that whatever is joined to a page is one question.
const mostParents = 200

async function loadChildren(
  connectors: Connectors,
  entity: Entity,
  question: ChildQuestion,
  parents: readonly string[],
  context: RequestContext,
): Promise<Map<string, Row[]>> {
  const { by, path, first, free } = question
  const result = new Map<string, Row[]>(parents.map(parent => [parent, []]))
  const conditions = await conditionsFor(entity, { [by]: parents }, context, free)
  if (conditions === 'nothing') return result
  const { scope } = conditions
  if (entity.definition.each) {
    const filter = entity.definition.filter[by]
    const native = typeof filter === 'string' ? filter : (filter?.field ?? by)
    const questions = parents.map(parent => ({ where: narrowed(conditions.where, native, parent), limit: first }))
    const answers = await fetchTogether(connectors, entity, questions, scope, context)
    if (answers) {
      for (const [index, parent] of parents.entries()) {
        const rows = answers[index] ?? []
        // Not one row of this parent among rows: the answer is another question's, and so is another's that looks empty.
        if (rows.length > 0 && !rows.some(row => String(follow(row, path)) === parent))
          throw new UpstreamError('UPSTREAM_BAD_ANSWER', entity.system, 'answered a batch in another order', {
            retryable: false,
          })
        take(rows, new Set([parent]))
      }
      return result
    }
  }
  // Without batches the parents share pages; further ones are read only while a parent may still lack records.
  const { max } = entity.definition
  for (let offset = 0, pages = 0; pages < mostPages; pages += 1, offset += max) {
    const { rows, total, more } = await fetchPage(
      connectors,
      entity,
      conditions,
      { offset, limit: max, count: true, asked: context.asked?.get(entity.type.name) },
      context,
    )
    take(rows, new Set(parents))
    if (total === null ? !more : rows.length === 0 || offset + max >= total) return result
    if ([...result.values()].every(list => list.length >= first)) return result
  }
  throw new UpstreamError('UPSTREAM_REFUSED', entity.system, 'holds too many records for one page of parents', {
    outcome: 'not_sent',
    retryable: false,
  })

  function take(rows: readonly Row[], asked: ReadonlySet<string>): void {
    for (const row of rows) {
      const parent = String(follow(row, path))
      const list = asked.has(parent) ? result.get(parent) : undefined
      if (!list)
        context.sources.fault({
          system: entity.system,
          type: entity.type.name,
          field: by,
          key: parent,
          reason: 'was not asked for',
        })
      else if (list.length < first) list.push(row)
    }
  }
}

/** The conditions that were made for all parents, for one of them: only the property that names the parent changes. */
function narrowed(where: readonly Condition[], native: string, parent: string): Condition[] {
  return where.map(condition =>
    'field' in condition && condition.field === native && condition.op === 'in'
      ? { ...condition, values: [parent] }
      : condition,
  )
}
