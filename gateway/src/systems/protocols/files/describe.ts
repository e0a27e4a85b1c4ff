import type { EntityDefinition } from '../../configuration.ts'
import { mappedNames, tableContract } from '../mapped-names.ts'
import {
  type Description,
  InputFault,
  MappingFault,
  type OperationCall,
  type Rows,
  type Site,
  type Sums,
} from '../protocol.ts'
import { badAnswer } from '../refusal.ts'
import { type FileAnswer, type FileCall, readAddress } from './carrier.ts'
import type { ColumnKind } from './configuration.ts'
import type { FileQuestion, FileSums } from './table.ts'

interface Input extends FileQuestion {
  together?: FileQuestion[]
  sums?: FileSums
}

const contractKinds: Record<ColumnKind, string> = {
  text: 'text',
  integer: 'integer',
  decimal: 'decimal',
  boolean: 'boolean',
  date: 'day',
  time: 'time',
}

const known = new Set(['where', 'fixed', 'sort', 'select', 'offset', 'limit', 'count', 'together', 'sums'])

/**
 * A folder of files. An operation is a table of systems.yaml; its columns are the names in the file's head, which may be
 * missing as long as no file has come.
 * @throws MappingFault when the document cannot be read
 */
export function describeFiles(document: string, site: Site): Description {
  const { id } = site
  const tables = readShapes(document, id)
  const operations = new Map([...tables.keys()].map(name => [name, { safe: true }]))

  function find(name: string): readonly string[] | null {
    const columns = tables.get(name)
    if (columns === undefined) throw new InputFault(`${id} has no table ${name}`)
    return columns
  }

  function namesOf(entity: EntityDefinition, paths: readonly string[]): string[] {
    try {
      return mappedNames(entity, paths)
    } catch (error) {
      throw new MappingFault(`${id}.${entity.operation} ${(error as Error).message}`)
    }
  }

  function call(entity: EntityDefinition, input: Input): OperationCall {
    return { operation: entity.operation, input: { ...input } }
  }

  const fixedOf = (entity: EntityDefinition): { fixed?: string } =>
    typeof entity.input.where === 'string' ? { fixed: entity.input.where } : {}

  return {
    operations,
    encode(operation, input) {
      find(operation)
      for (const name of Object.keys(input))
        if (!known.has(name)) throw new InputFault(`${id}.${operation} takes no ${name}`)
      const { together, sums, ...page } = input as Input
      for (const { limit = 0, offset = 0 } of together ?? [page])
        if (![limit, offset].every(one => Number.isSafeInteger(one) && one >= 0))
          throw new InputFault('a page begins and ends at whole numbers')
      const asked: FileCall = { table: operation, ...(sums ? { sums } : together ? { together } : { page }) }
      return { method: 'POST', url: readAddress, headers: {}, body: JSON.stringify(asked) }
    },
    decode(operation, answer) {
      const told = answer.value as FileAnswer | undefined
      if (!told) throw badAnswer(id, `${operation} was not answered by a folder of files`)
      const { answer: given, file, faults } = told
      if (faults.length === 0 || Array.isArray(given)) return given
      const reasons = faults.map(({ row, reason }) => ({
        key: null,
        field: '*',
        reason: `row ${row} of ${file} ${reason}`,
      }))
      return { ...(given as object), faults: reasons }
    },
    check(entity, paths) {
      const columns = tables.get(entity.operation)
      if (columns === undefined)
        throw new MappingFault(`${id} has no table ${entity.operation}; it has ${[...tables.keys()].join(', ')}`)
      const names = namesOf(entity, paths)
      if (columns === null) return
      for (const name of names)
        if (!columns.includes(name))
          throw new MappingFault(
            `${id}.${entity.operation} has no column ${name}; its columns are ${columns.join(', ')}`,
          )
    },
    contract(operation) {
      const columns = tables.get(operation)
      const told = site.files?.tables[operation]?.columns ?? {}
      return columns
        ? tableContract(columns.map(name => [name, contractKinds[told[name] ?? 'text']] as const))
        : undefined
    },
    ask: (entity, question) => call(entity, { ...question, ...fixedOf(entity) }),
    rows(entity, answer) {
      const { rows, total, faults } = (answer ?? {}) as Partial<Rows>
      if (!Array.isArray(rows)) throw badAnswer(id, `${entity.operation} answered no rows`)
      return { rows, total: total ?? null, ...(faults && { faults }) }
    },
    askTogether: (entity, questions) =>
      call(entity, { together: questions.map(one => ({ ...one, ...fixedOf(entity) })) }),
    rowsTogether: (_entity, answer) => answer as Rows[],
    askSums: (entity, sums: Sums) => call(entity, { sums: { ...sums, ...fixedOf(entity) } }),
  }
}

function readShapes(document: string, system: string): Map<string, readonly string[] | null> {
  let shapes: { tables?: Record<string, string[] | null> } | null
  try {
    shapes = JSON.parse(document) as typeof shapes
  } catch {
    shapes = null
  }
  if (shapes === null || typeof shapes.tables !== 'object')
    throw new MappingFault(`${system}: the description of the files cannot be read`)
  return new Map(Object.entries(shapes.tables))
}
