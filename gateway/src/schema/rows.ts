import type { Connector } from '../systems/connector.ts'
import {
  type Condition,
  follow,
  type OperationCall,
  type Question,
  type Row,
  type Rows,
} from '../systems/protocols/protocol.ts'
import { UpstreamError } from '../systems/types.ts'
import { alternativesOf, mergedPage } from './alternatives.ts'
import type { RequestContext } from './context.ts'
import { type Entity, keyField } from './entities.ts'
import { type Conditions, withinScope } from './questions.ts'
import { readerOf } from './reader.ts'
import { sortFor } from './sort.ts'

/** Gives connectors by system; what rows are fetched through. */
export type Connectors = (system: string) => Connector

type Names = ReadonlySet<string>

const everything: Names = new Set()
const selections = new WeakMap<Uint8Array, WeakMap<Names, Map<string, string[]>>>()

/**
 * Paths of the fields the viewer may read, so that a system is not even asked for the others.
 * @param asked names of the fields that are wanted; undefined: all
 */
function selectionFor(entity: Entity, asked: Names | undefined, context: RequestContext): string[] {
  const { table } = context.access
  let byNames = selections.get(table)
  if (!byNames) {
    byNames = new WeakMap()
    selections.set(table, byNames)
  }
  let byEntity = byNames.get(asked ?? everything)
  if (!byEntity) {
    byEntity = new Map()
    byNames.set(asked ?? everything, byEntity)
  }
  // What the system no longer has is not asked for; that changes while tables live.
  const id = entity.gone.size === 0 ? entity.id : `${entity.id} ${[...entity.gone]}`
  let selection = byEntity.get(id)
  if (!selection) {
    selection = selectedPaths(entity, asked, table)
    byEntity.set(id, selection)
  }
  return selection
}

function selectedPaths(entity: Entity, asked: Names | undefined, table: Uint8Array): string[] {
  const names = asked && new Set(asked)
  // A value that is checked against another needs the other too.
  for (const { field } of entity.fields)
    if (asked?.has(field.name)) for (const { after } of field.valid) if (after !== undefined) names?.add(after)
  const paths = entity.fields
    .filter(({ field }) => table[field.index] !== 0 && (!names || names.has(field.name)))
    .flatMap(one => one.paths)
  const always = [...entity.links, ...entity.required]
    .filter(({ field }) => table[field.index] !== 0)
    .map(one => one.path)
  const scope = entity.definition.scope === 'none' ? undefined : entity.definition.scope.path
  const own = [...(entity.keyPath ? [entity.keyPath] : []), ...(scope ? [scope] : [])]
  return [...new Set([...own, ...always, ...paths])].filter(path => !entity.gone.has(path))
}

/** One page of an entity's records under the conditions. @throws UpstreamError */
export async function fetchPage(
  connectors: Connectors,
  entity: Entity,
  conditions: Conditions,
  page: { offset: number; limit: number; count: boolean; asked?: Names | undefined },
  context: RequestContext,
): Promise<Rows> {
  if (conditions === 'nothing') return { rows: [], total: 0 }
  const connector = connectors(entity.system)
  const description = await connector.description(context.deadline)
  const { offset, limit, asked: names } = page
  const alternatives = description.textInOneInput && alternativesOf(conditions.where)
  if (alternatives && entity.keyPath !== null)
    return await mergedPage(alternatives, page, entity.keyPath, (where, most) => {
      const part = { offset: 0, limit: most, count: false, asked: names }
      return fetchPage(connectors, entity, { ...conditions, where }, part, context)
    })
  const question: Question = {
    offset,
    limit,
    count: page.count,
    where: conditions.where,
    select: selectionFor(entity, names, context),
    sort: sortFor(entity, context.access.table),
  }
  const asked = description.ask(entity.definition, question)
  const call = asked instanceof Promise ? await asked : asked
  const answer = await invoke(connector, entity, call, context)
  const first = description.rows(entity.definition, answer, call)
  for (const fault of first.faults ?? [])
    context.sources.fault({ system: entity.system, type: entity.type.name, rule: 'record.malformed', ...fault })
  const { rows, total, more } = await readOn(first, limit, entity, connector, context)
  const counted = page.count && total === null ? await count(connector, entity, question, context) : total
  const sound = soundRows(entity, rows, conditions.scope, context)
  // A system that answers records of others counts them too.
  const foreign = sound.length < rows.length && rows.some(row => row && !withinScope(entity, row, conditions.scope))
  return {
    rows: sound,
    total: foreign ? null : counted,
    ...(more !== undefined && { more }),
  }
}

/** Many questions of one entity, in one call where the protocol has batches; undefined where it has none. */
export async function fetchTogether(
  connectors: Connectors,
  entity: Entity,
  questions: { where: Condition[]; limit: number }[],
  scope: readonly string[] | 'all',
  context: RequestContext,
): Promise<Row[][] | undefined> {
  const connector = connectors(entity.system)
  const description = await connector.description(context.deadline)
  if (!description.askTogether || !description.rowsTogether) return undefined
  const select = selectionFor(entity, context.asked?.get(entity.type.name), context)
  const full = questions.map(one => ({
    ...one,
    offset: 0,
    count: false,
    select,
    sort: sortFor(entity, context.access.table),
  }))
  const call = description.askTogether(entity.definition, full)
  const answers: (Rows | undefined)[] = description.rowsTogether(
    entity.definition,
    await invoke(connector, entity, call, context),
  )
  return await Promise.all(
    questions.map(async ({ limit }, index) => {
      const answer = answers[index]
      if (!answer || answers.length > questions.length)
        throw new UpstreamError('UPSTREAM_BAD_ANSWER', entity.system, 'answered a batch of another size', {
          retryable: false,
        })
      const { rows } = await readOn(answer, limit, entity, connector, context)
      return soundRows(entity, rows, scope, context)
    }),
  )
}

const mostPages = 50

/** Reads on where a system ends its pages before the limit: what it holds back must not look like what it does not have. */
async function readOn(
  first: Rows,
  limit: number,
  entity: Entity,
  connector: Connector,
  context: RequestContext,
): Promise<Rows> {
  if (!first.next || first.rows.length >= limit) return first
  const description = await connector.description(context.deadline)
  const rows = [...first.rows]
  let { total, more } = first
  let next: OperationCall | undefined = await first.next
  for (let pages = 1; next && rows.length < limit; pages += 1) {
    if (pages === mostPages)
      throw new UpstreamError('UPSTREAM_BAD_ANSWER', entity.system, 'does not come to an end of its pages', {
        retryable: false,
      })
    const page = description.rows(entity.definition, await invoke(connector, entity, next, context), next)
    rows.push(...page.rows)
    total ??= page.total
    more = page.more
    next = await page.next
  }
  return { rows, total, ...(more !== undefined && { more }) }
}

/** Sums and counts by group, made by the system. */
export async function fetchSums(
  connectors: Connectors,
  entity: Entity,
  sums: { where: Condition[]; by: string[]; sum: Record<string, string>; count: string | undefined },
  context: RequestContext,
): Promise<Row[]> {
  const connector = connectors(entity.system)
  const description = await connector.description(context.deadline)
  if (!description.askSums)
    throw new UpstreamError('UPSTREAM_REFUSED', entity.system, 'cannot sum', { outcome: 'not_sent', retryable: false })
  const call = description.askSums(entity.definition, sums)
  const rows: Row[] = []
  let input: Record<string, unknown> | undefined = call.input
  while (input) {
    const answer = (await invoke(connector, entity, { operation: call.operation, input }, context)) as {
      value?: Row[]
      next?: string | null
    }
    rows.push(...(answer.value ?? []))
    input = answer.next ? { next: answer.next } : undefined
  }
  return rows
}

async function invoke(
  connector: Connector,
  entity: Entity,
  { operation, input }: OperationCall,
  context: RequestContext,
): Promise<unknown> {
  const { credential, signal, shares, sources } = context
  context.calls.note(entity.id)
  return await shares.within(connector.id, connector.definition.limits.budgetMs, deadline =>
    connector.invoke(operation, input, {
      credential,
      deadline,
      safe: true,
      signal,
      sharing: {
        reader: readerOf(context, connector),
        keep: entity.definition.cache,
        onAnswer: (at, stale) => sources.touch(connector.id, at, stale),
      },
    }),
  )
}

async function count(
  connector: Connector,
  entity: Entity,
  question: Question,
  context: RequestContext,
): Promise<number | null> {
  const { count: counting } = entity.definition
  if (!counting) return null
  const description = await connector.description(context.deadline)
  const call = await description.ask(
    { ...entity.definition, operation: counting.operation, parameters: counting.parameters },
    question,
  )
  const total = Number(await invoke(connector, entity, call, context))
  return Number.isSafeInteger(total) ? total : null
}

/** Leaves out what is no record: without its key or a value it must have, twice the same, or outside what was asked for. */
function soundRows(entity: Entity, rows: Row[], scope: readonly string[] | 'all', context: RequestContext): Row[] {
  const seen = new Set<unknown>()
  context.sources.checked(entity.system, entity.type.name, rows.length)
  return rows.filter(row => {
    const fault = faultOf(entity, row, seen, scope, context)
    if (fault === null) return true
    const key = entity.keyPath === null ? null : follow(row, entity.keyPath)
    const told = key === null || key === undefined ? null : String(key)
    context.sources.fault({
      system: entity.system,
      type: entity.type.name,
      key: told,
      keyField: keyField(entity),
      ...fault,
    })
    return false
  })
}

function faultOf(
  entity: Entity,
  row: Row,
  seen: Set<unknown>,
  scope: readonly string[] | 'all',
  context: RequestContext,
): { field: string; reason: string } | null {
  const { keyPath, required, type } = entity
  if (row === null || typeof row !== 'object') return { field: '*', reason: 'no record' }
  if (keyPath !== null) {
    const key = follow(row, keyPath)
    const name = type.entity?.key ?? keyPath
    if (key === undefined || key === null || key === '' || typeof key === 'object')
      return { field: name, reason: 'no key' }
    if (type.entity?.key) {
      if (seen.has(key)) return { field: name, reason: 'the same record twice' }
      seen.add(key)
    }
  }
  for (const { field, path } of required) {
    if (context.access.table[field.index] === 0) continue
    const value = follow(row, path)
    if (value === null || value === undefined || value === '') return { field: field.name, reason: 'missing' }
  }
  return withinScope(entity, row, scope) ? null : { field: '*', reason: 'outside the scope that was asked for' }
}
