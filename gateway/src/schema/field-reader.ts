import { mask } from '../access/masks.ts'
import { decisions } from '../access/permissions.ts'
import { checkOf } from '../quality/checks.ts'
import { shapeCounters } from '../systems/drift/shape-watch.ts'
import { ExpressionFault, evaluate } from '../systems/expressions/evaluate.ts'
import { follow, type Row } from '../systems/protocols/protocol.ts'
import type { RequestContext } from './context.ts'
import { type Convert, converterFor, Unfit } from './convert.ts'
import type { Dictionary, DictionaryField } from './dictionary.ts'
import { toEmployee } from './employee.ts'
import { type Entity, keyField } from './entities.ts'
import { fromKey, origin, type Reference, record } from './record.ts'

type ValueSource = Extract<DictionaryField['source'], { kind: 'value' }>

/** Reads a field's value from a system's record. */
export type Reader = (record: Row, context: RequestContext) => unknown

/** How a field is read: where its mapping says, checked against its type, masked where the viewer sees a part only. */
export function fieldReader(
  dictionary: Dictionary,
  entity: Entity | undefined,
  field: DictionaryField,
  source: ValueSource,
): Reader {
  const { system } = source
  const found = finder(entity, field, source)
  const take = counted(taker(dictionary, entity, field, system), entity, field)
  const gone = entity?.gone
  const paths = entity?.fields.find(one => one.field === field)?.paths ?? []
  const isGone = (): boolean => gone !== undefined && gone.size > 0 && paths.some(path => gone.has(path))
  const tellGone = (row: Row, context: RequestContext): null =>
    report(field, system, entity, row, { reason: 'no longer told by the system', rule: 'value.missing' }, context)
  if (found.expression === null)
    return (row, context) => (isGone() ? tellGone(row, context) : take(found.get(row), row, context))
  const { expression } = found
  return async (row, context) => {
    if (isGone()) return tellGone(row, context)
    let value: unknown
    try {
      value = await evaluate(expression, row, { today: context.loaders.today() })
    } catch (error) {
      const reason = error instanceof ExpressionFault ? error.message : 'cannot be computed'
      return report(field, system, entity, row, { reason, rule: 'value.expression' }, context)
    }
    return take(value ?? null, row, context)
  }
}

type Taker = (value: unknown, row: Row, context: RequestContext) => unknown

/** Counts how values are read, so that a system which suddenly answers otherwise is noticed. */
function counted(take: Taker, entity: Entity | undefined, field: DictionaryField): Taker {
  if (!entity) return take
  const slot = shapeCounters.slot(entity.id, field.name)
  return (value, row, context) => {
    const { sources } = context
    const faults = sources.faultCount
    const taken = take(value, row, context)
    shapeCounters.note(slot, taken === null, sources.faultCount > faults)
    return taken
  }
}

type Finder = { expression: string; get?: undefined } | { expression: null; get: (row: Row) => unknown }

function finder(entity: Entity | undefined, field: DictionaryField, source: ValueSource): Finder {
  const mapping = entity?.mappings.get(field.name)
  const constant = mapping?.constant
  if (constant !== undefined) return { expression: null, get: () => constant }
  const expression = mapping ? mapping.expression : source.expression
  if (expression !== null) return { expression }
  const path = (mapping ? mapping.path : source.path) ?? ''
  return { expression: null, get: path.includes('.') ? row => follow(row, path) : row => row[path] }
}

/** What is made of the value that was found, by the kind of its type. */
function taker(dictionary: Dictionary, entity: Entity | undefined, field: DictionaryField, system: string): Taker {
  const read = entity?.mappings.get(field.name)?.read
  const target = dictionary.types.get(field.type)
  const key = target?.entity?.key
  if (target) {
    const one = field.type === 'Employee' ? employee : key ? reference(field.type, key) : embedded
    return (value, row, context) => one(read ? read(value, row) : value, { field, system, entity, row, context })
  }
  const codes = dictionary.enums.get(field.type)
  // A list of codes answers the dictionary's own values.
  const convert = converterFor(field.type, codes && read ? new Map([...codes.values()].map(one => [one, one])) : codes)
  const keep = scalarReader(field, system, entity, convert)
  if (!read) return keep
  return (value, row, context) => {
    const told = read(value, row)
    return told instanceof Unfit
      ? report(field, system, entity, row, { reason: told.reason, value }, context)
      : keep(told, row, context)
  }
}

interface Place {
  field: DictionaryField
  system: string
  entity: Entity | undefined
  row: Row
  context: RequestContext
}

function scalarReader(
  field: DictionaryField,
  system: string,
  entity: Entity | undefined,
  convert: Convert,
): (value: unknown, record: Row, context: RequestContext) => unknown {
  const { mask: masking, index } = field
  const check = checkOf(field, entity)
  return (value, record, context) => {
    const converted = convert(value)
    if (converted instanceof Unfit)
      return report(field, system, entity, record, { reason: converted.reason, value }, context)
    const broken = check?.(converted, record)
    if (broken) {
      report(field, system, entity, record, { reason: broken.reason, rule: broken.rule, value }, context)
      if (!broken.keep) return null
    }
    return masking && context.access.table[index] === decisions.masked ? mask(masking.kind, converted) : converted
  }
}

function report(
  field: DictionaryField,
  system: string,
  entity: Entity | undefined,
  record: Row,
  what: { reason: string; rule?: string; value?: unknown },
  context: RequestContext,
): null {
  const key = entity?.keyPath ? follow(record, entity.keyPath) : null
  context.sources.fault({
    system,
    type: field.owner,
    field: field.name,
    key: key === null || key === undefined ? null : String(key),
    of: field,
    keyField: entity && keyField(entity),
    ...what,
  })
  return null
}

async function employee(id: unknown, { field, system, entity, row, context }: Place): Promise<unknown> {
  if (typeof id !== 'string' || id === '') return null
  const person = await context.loaders.personByNative(system, id)
  if (person) return toEmployee(person, context)
  return report(field, system, entity, row, { reason: 'nobody', rule: 'reference.dangling', value: id }, context)
}

function reference(type: string, keyName: string): (key: unknown) => unknown {
  return key => (key === null || key === undefined || key === '' ? null : fromKey(type, keyName, String(key)))
}

function embedded(value: unknown, { field, system, context }: Place): unknown {
  const one = (item: unknown): Reference => ({ __typename: field.type, [record]: item as Row, [origin]: system })
  if (value === null || value === undefined) return null
  if (!field.list) return typeof value === 'object' ? one(value) : null
  if (Array.isArray(value)) return value.filter(item => item !== null && typeof item === 'object').map(one)
  context.sources.fault({ system, type: field.owner, field: field.name, key: null, reason: 'no list' })
  return null
}
