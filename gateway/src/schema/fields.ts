import type { GraphQLFieldResolver } from 'graphql'
import { audited } from '../access/audited.ts'
import { decisions } from '../access/permissions.ts'
import type { Row } from '../systems/protocols/protocol.ts'
import type { RequestContext } from './context.ts'
import type { Dictionary, DictionaryField, DictionaryType } from './dictionary.ts'
import { type Entities, type Entity, pathOf } from './entities.ts'
import { badInput } from './errors.ts'
import { fieldReader, type Reader } from './field-reader.ts'
import { fromRecord, type Reference, recordOf } from './record.ts'

export { toEmployee } from './employee.ts'

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
  const read = audited(field, entity, fieldReader(dictionary, entity, field, source))
  return valueResolver(owner, field, source, entity, read)
}

/** The most rows that a list gives at once. */
const mostRows = 200

/** @throws GraphQLError BAD_INPUT unless 1 to 200 */
export function checkedFirst(value: unknown, fallback: number): number {
  const first = value ?? fallback
  if (typeof first !== 'number' || first < 1 || first > mostRows)
    throw badInput(`"first" must be from 1 to ${mostRows}`)
  return first
}

type ValueSource = Extract<DictionaryField['source'], { kind: 'value' }>

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
    if (viaParent && !(parentEntity && (await parentRecord(parent, parentEntity, String(key), context)))) return []
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
