import type { EntityDefinition } from '../../configuration.ts'
import { UpstreamError } from '../../types.ts'
import { mappedNames, tableContract } from '../mapped-names.ts'
import {
  type Description,
  type HttpAnswer,
  InputFault,
  MappingFault,
  type OperationCall,
  type Question,
  type Row,
  type Rows,
  type Site,
  type Sums,
} from '../protocol.ts'
import { badAnswer } from '../refusal.ts'
import { type Kind, type KnownTable, readCatalog } from './catalog.ts'
import { type PageInput, type Plan, StatementBuilder } from './statement.ts'
import { readValue } from './values.ts'

/** Where the statements of a call go; the carrier of databases knows it. */
export const queryAddress = 'sql:query'

/** What the carrier of databases answers: the rows of each statement that was carried out, each a list of values. */
export interface SqlAnswer {
  plan: Plan
  results: unknown[][][]
}

type Input = PageInput & { together?: PageInput[]; sums?: Sums; fixed?: string }

/**
 * A database that is read. An operation is a table or view by its name; its input is a question in the words of the
 * description: {where, select, sort, offset, limit, count}, or {sums}, or {together}.
 * @param document what `catalog.ts` made of information_schema
 * @throws MappingFault when the document cannot be read
 */
export function describeSql(document: string, site: Site): Description {
  const { id } = site
  const zone = site.sql?.timeZone ?? site.zone ?? 'UTC'
  const { server, tables } = readCatalog(document, id)
  const operations = new Map([...tables.keys()].map(name => [name, { safe: true }]))

  function find(name: string): KnownTable {
    const table = tables.get(name)
    if (!table) throw new InputFault(`${id} has no table or view ${name}`)
    return table
  }

  function ask(entity: EntityDefinition, input: Input): OperationCall {
    const fixed = entity.input.where
    return { operation: entity.operation, input: { ...input, ...(typeof fixed === 'string' && { fixed }) } }
  }

  function toRows({ plan, results }: SqlAnswer): Row[] {
    return (results[0] ?? []).map(values => toRow(plan, values, 0))
  }

  function toRow({ columns }: Plan, values: readonly unknown[], from: number): Row {
    const row: Row = {}
    for (let index = 0; index < columns.length; index += 1) {
      const { name, kind } = columns[index] as Plan['columns'][number]
      row[name] = readValue(kind, values[index + from], zone)
    }
    return row
  }

  return {
    operations,
    protocolVersion: server,
    encode(operation, input) {
      const builder = new StatementBuilder(find(operation), { zone, server })
      const { together, sums, fixed, ...page } = input as Input
      const known = new Set(['where', 'select', 'sort', 'offset', 'limit', 'count'])
      for (const name of Object.keys(page))
        if (!known.has(name)) throw new InputFault(`${id}.${operation} takes no ${name}`)
      const plan = sums
        ? builder.sums({ ...sums, fixed })
        : together
          ? builder.together(together.map(one => ({ ...one, fixed })))
          : builder.page({ ...page, fixed })
      return { method: 'POST', url: queryAddress, headers: {}, body: JSON.stringify(plan) }
    },
    decode(operation, answer: HttpAnswer) {
      const told = answer.value as SqlAnswer | undefined
      if (!told) throw badAnswer(id, `${operation} was not answered by a database`)
      const { plan, results } = told
      if (plan.most !== undefined && (results[0]?.length ?? 0) > plan.most)
        throw new UpstreamError('UPSTREAM_REFUSED', id, `${operation} falls into more than ${plan.most} groups`, {
          outcome: 'refused',
          retryable: false,
        })
      if (plan.questions === undefined) return { value: toRows(told), total: totalOf(told) }
      const answers: Rows[] = Array.from({ length: plan.questions }, () => ({ rows: [], total: null }))
      for (const values of results[0] ?? []) answers[Number(values[0])]?.rows.push(toRow(plan, values, 1))
      return answers
    },
    check(entity, paths) {
      const table = tables.get(entity.operation)
      if (!table)
        throw new MappingFault(`${id} has no table or view ${entity.operation}; it has ${some([...tables.keys()])}`)
      checkEntity(id, table, entity, paths)
    },
    contract(operation) {
      const table = tables.get(operation)
      return (
        table && tableContract([...table.columns.values()].map(one => [one.name, contractKinds[one.kind]] as const))
      )
    },
    ask: (entity, question) => ask(entity, question),
    rows(entity, answer) {
      const told = answer as { value?: Row[]; total?: number | null } | null
      if (!Array.isArray(told?.value)) throw badAnswer(id, `${entity.operation} answered no rows`)
      return { rows: told.value, total: told.total ?? null }
    },
    askTogether: (entity, questions: Question[]) => ask(entity, { together: questions }),
    rowsTogether: (_entity, answer) => answer as Rows[],
    askSums: (entity, sums) => ask(entity, { sums }),
  }
}

const contractKinds: Record<Kind, string> = {
  text: 'text',
  other: 'text',
  uuid: 'text',
  long: 'integer',
  unsigned: 'integer',
  integer: 'integer',
  decimal: 'decimal',
  single: 'decimal',
  double: 'decimal',
  boolean: 'boolean',
  date: 'day',
  local: 'time',
  instant: 'time',
  json: 'any',
  binary: 'binary',
}

function totalOf({ plan, results }: SqlAnswer): number | null {
  if (!plan.counts) return null
  const counted = results[1]?.[0]?.[0]
  return counted === undefined ? plan.counts.offset + (results[0]?.length ?? 0) : Number(counted)
}

/** @throws MappingFault naming what the table does not have */
function checkEntity(system: string, table: KnownTable, entity: EntityDefinition, paths: readonly string[]): void {
  const fail = (what: string): never => {
    throw new MappingFault(`${system}.${table.shown} ${what}; its columns are ${some([...table.columns.keys()])}`)
  }
  let names: string[] = []
  try {
    names = mappedNames(
      entity,
      paths.filter(path => !path.includes('.')),
    )
  } catch (error) {
    fail((error as Error).message)
  }
  for (const name of names) {
    const column = table.columns.get(name) ?? fail(`has no column ${name}`)
    if (column.kind === 'binary') fail(`holds in ${name} ${column.type}, which is not read`)
  }
  if (entity.aggregate) return
  for (const path of paths.filter(one => one.includes('.'))) {
    const head = path.split('.')[0] as string
    if (table.columns.get(head)?.kind !== 'json') fail(`has no document of JSON in ${head}`)
  }
}

function some(names: readonly string[]): string {
  return names.length > 60 ? `${names.slice(0, 60).join(', ')} and ${names.length - 60} more` : names.join(', ')
}
