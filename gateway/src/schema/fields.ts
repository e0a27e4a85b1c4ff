import type { GraphQLFieldResolver } from 'graphql'
import { audited } from '../access/audited.ts'
import { mask } from '../access/masks.ts'
import { decisions } from '../access/permissions.ts'
import type { Person } from '../access/person.ts'
import { checkOf } from '../quality/checks.ts'
import { follow, type Row } from '../systems/protocols/protocol.ts'
import type { RequestContext } from './context.ts'
import { type Convert, converterFor, Unfit } from './convert.ts'
import type { Dictionary, DictionaryField, DictionaryType } from './dictionary.ts'
import { type Entities, type Entity, keyField, pathOf } from './entities.ts'
import { badInput } from './errors.ts'
import { evaluate } from './expressions.ts'
import { fromKey, fromRecord, origin, type Reference, record, recordOf } from './record.ts'

type Resolver = GraphQLFieldResolver<Reference, RequestContext, Record<string, unknown>>

/** The resolver of a field that reads records of a system; undefined for a field the dictionary does not map. */
export function fieldResolver(
  dictionary: Dictionary,
  entities: Entities,
  field: DictionaryField,
): Resolver | undefined {
  const { source } = field
  const owner = dictionary.types.get(field.owner) as DictionaryType
  if (source?.kind === 'children') return childrenResolver(dictionary, entities, owner, field, source.by)
  if (source?.kind === 'row') return rowResolver(dictionary, entities, owner, field, source.system)
  if (source?.kind !== 'value') return undefined
  const entity = entities.get(`${source.system}.${owner.name}`)
  const read = audited(field, entity, reader(dictionary, entity, field, source))
  return valueResolver(owner, field, source, entity, read)
}

/** An employee as the graph shows them, in the language of the request. */
export function toEmployee(person: Person, context: Pick<RequestContext, 'locale'>): Record<string, unknown> {
  const language = context.locale === 'en' ? 'en' : 'zh'
  return {
    __typename: 'Employee',
    id: person.id,
    name: person.name[language],
    username: person.username,
    department: person.departmentName[language],
    position: person.position[language],
    email: person.email,
  }
}

/** @throws GraphQLError BAD_INPUT unless 1 to 100 */
export function checkedFirst(value: unknown, fallback: number): number {
  const first = value ?? fallback
  if (typeof first !== 'number' || first < 1 || first > 100) throw badInput('"first" must be from 1 to 100')
  return first
}

type ValueSource = Extract<DictionaryField['source'], { kind: 'value' }>
type Reader = (record: Row, context: RequestContext) => unknown

function valueResolver(
  owner: DictionaryType,
  field: DictionaryField,
  source: ValueSource,
  entity: Entity | undefined,
  read: Reader,
): Resolver {
  const { system } = source
  const { index, name } = field
  const keyName = owner.entity?.key ?? null
  const isKey = name === keyName
  return (parent, _args, context) => {
    // Whoever was given the object knows its key already.
    if (isKey && parent[name] !== undefined) return parent[name]
    if (context.access.table[index] === decisions.denied) {
      context.access.noteDenied(field)
      return null
    }
    const answered = recordOf(parent, system)
    if (answered !== undefined) return read(answered, context)
    if (parent[name] !== undefined) return parent[name]
    const key = keyName === null ? undefined : parent[keyName]
    if (!entity || key === undefined || key === null) return null
    return context.loaders.row(entity, String(key)).then(row => (row === null ? null : read(row, context)))
  }
}

function reader(
  dictionary: Dictionary,
  entity: Entity | undefined,
  field: DictionaryField,
  source: ValueSource,
): Reader {
  const path = entity ? pathOf(entity.definition, field) : source.path
  const get = path === null ? undefined : getter(path)
  const target = dictionary.types.get(field.type)
  if (field.type === 'Employee' && get)
    return async (record, context) => {
      const id = get(record)
      const person = await employee(id, source.system, context)
      if (person === null && typeof id === 'string' && id !== '')
        report(
          field,
          source.system,
          entity,
          record,
          { reason: 'nobody', rule: 'reference.dangling', value: id },
          context,
        )
      return person
    }
  if (target?.entity?.key && get) return reference(field.type, target.entity.key, get)
  if (target && get) return (record, context) => embedded(get(record), field, source.system, context)
  const convert = converterFor(field.type, dictionary.enums.get(field.type))
  const keep = scalarReader(field, source.system, entity, convert)
  if (get) return (record, context) => keep(get(record), record, context)
  const expression = source.expression as string
  return async (record, context) => {
    try {
      return keep((await evaluate(expression, record, { today: context.loaders.today() })) ?? null, record, context)
    } catch {
      return report(field, source.system, entity, record, { reason: 'cannot be computed' }, context)
    }
  }
}

function getter(path: string): (record: Row) => unknown {
  return path.includes('.') ? record => follow(record, path) : record => record[path]
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

async function employee(nativeId: unknown, system: string, context: RequestContext): Promise<unknown> {
  if (typeof nativeId !== 'string' || nativeId === '') return null
  const person = await context.loaders.personByNative(system, nativeId)
  return person && toEmployee(person, context)
}

function reference(type: string, keyName: string, get: (record: Row) => unknown): Reader {
  return record => {
    const key = get(record)
    return key === null || key === undefined || key === '' ? null : fromKey(type, keyName, String(key))
  }
}

function embedded(value: unknown, field: DictionaryField, system: string, context: RequestContext): unknown {
  const one = (item: unknown): Reference => ({ __typename: field.type, [record]: item as Row, [origin]: system })
  if (value === null || value === undefined) return null
  if (!field.list) return typeof value === 'object' ? one(value) : null
  if (Array.isArray(value)) return value.filter(item => item !== null && typeof item === 'object').map(one)
  context.sources.fault({ system, type: field.owner, field: field.name, key: null, reason: 'no list' })
  return null
}

function childrenResolver(
  dictionary: Dictionary,
  entities: Entities,
  owner: DictionaryType,
  field: DictionaryField,
  by: string,
): Resolver | undefined {
  const type = dictionary.types.get(field.type)
  const entity = entities.get(`${type?.entity?.system}.${field.type}`)
  const link = type?.fields.get(by)
  const keyName = owner.entity?.key
  if (!entity || !link || !keyName) return () => null
  const path = pathOf(entity.definition, link) as string
  const parentEntity = entities.get(`${owner.entity?.system}.${owner.name}`)
  const { scope } = entity.definition
  const viaParent = scope !== 'none' && scope.filter === 'parent'
  return async (parent, args, context) => {
    if (!context.access.may(field)) {
      context.access.noteDenied(field)
      return null
    }
    const key = parent[keyName]
    if (key === undefined || key === null) return null
    const first = checkedFirst(args.first, 100)
    // Records without an owner of their own are seen by whoever sees their parent.
    if (viaParent && parentEntity && !(await parentRecord(parent, parentEntity, String(key), context))) return []
    const rows = await context.loaders.children(entity, by, path, String(key), first, viaParent)
    return rows.map(row => fromRecord(entity, row))
  }
}

async function parentRecord(
  parent: Reference,
  entity: Entity,
  key: string,
  context: RequestContext,
): Promise<Row | null> {
  return recordOf(parent, entity.system) ?? (await context.loaders.row(entity, key))
}

function rowResolver(
  dictionary: Dictionary,
  entities: Entities,
  owner: DictionaryType,
  field: DictionaryField,
  system: string | null,
): Resolver {
  const type = dictionary.types.get(field.type)
  const entity = entities.get(`${system ?? type?.entity?.system}.${field.type}`)
  const keyName = owner.entity?.key
  return (parent, _args, context) => {
    if (!context.access.may(field)) {
      context.access.noteDenied(field)
      return null
    }
    const key = keyName ? parent[keyName] : undefined
    if (!entity || key === undefined || key === null) return null
    return context.loaders.row(entity, String(key)).then(row => (row === null ? null : fromRecord(entity, row)))
  }
}
