import { print } from 'graphql'
import type { DictionaryField } from '../schema/dictionary.ts'
import { type Entity, pathOf } from '../schema/entities.ts'
import type { Slices } from '../schema/slices.ts'
import type { SystemDefinition } from '../systems/configuration.ts'
import type { Text } from '../systems/types.ts'
import type { Ground } from './ground.ts'

/** One thing that is other in the graph or in a system. */
export interface SchemaChange {
  kind: 'ADDED' | 'REMOVED' | 'CHANGED'
  place: string
  /** a query that worked may fail or lack values */
  breaking: boolean
  before: string | null
  after: string | null
  text: Text
}

/** What a ground would change of the one that runs; `id` is the system whose own settings are compared too. */
export function* comparing(before: Ground, after: Ground, ids: readonly string[]): Slices<SchemaChange[]> {
  const changes: SchemaChange[] = []
  for (const name of new Set([...before.dictionary.types.keys(), ...after.dictionary.types.keys()])) {
    yield
    const old = before.dictionary.types.get(name)
    const now = after.dictionary.types.get(name)
    if (old === now) continue
    const root = ['Query', 'Mutation', 'Subscription'].includes(name)
    if (!old && now && !root) changes.push(added(name, { zh: '新增类型', en: 'a new type' }))
    else if (old && !now && !root) changes.push(removed(name, { zh: '类型不再存在', en: 'the type is gone' }))
    else
      for (const change of fieldChanges(name, before, after)) {
        yield
        if (change) changes.push(change)
      }
  }
  for (const id of new Set([...before.entities.keys(), ...after.entities.keys()])) {
    yield
    const [was, is] = [before.entities.get(id), after.entities.get(id)]
    if (was !== is) changes.push(...entityChanges(id, was, is))
  }
  for (const id of ids) changes.push(...settingChanges(id, before.file.systems[id], after.file.systems[id]))
  return changes
}

/** Nothing stands between two fields that are compared: a place to pause. */
function* fieldChanges(type: string, before: Ground, after: Ground): Generator<SchemaChange | undefined> {
  const old = before.dictionary.types.get(type)?.fields ?? new Map<string, DictionaryField>()
  const now = after.dictionary.types.get(type)?.fields ?? new Map<string, DictionaryField>()
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    yield undefined
    const place = `${type}.${name}`
    const was = old.get(name)
    const is = now.get(name)
    if (!was) yield added(place, { zh: '新增字段', en: 'a new field' })
    else if (!is) yield removed(place, { zh: '字段不再存在', en: 'the field is gone' })
    else if (was !== is) yield* changesOf(place, was, is)
  }
}

function* changesOf(place: string, was: DictionaryField, is: DictionaryField): Generator<SchemaChange> {
  const types = [print(was.node.type), print(is.node.type)] as const
  if (types[0] !== types[1])
    yield changed(place, ...types, types[1] !== `${types[0]}!`, { zh: '类型变了', en: 'its type is another' })
  const [before, after] = [was, is].map(field => new Map(field.node.arguments?.map(one => [one.name.value, one])))
  for (const [name, node] of before ?? [])
    if (!after?.has(name)) yield removed(`${place}(${name})`, { zh: '参数不再存在', en: 'the argument is gone' }, node)
  for (const [name, node] of after ?? [])
    if (!before?.has(name))
      yield {
        ...added(`${place}(${name})`, { zh: '新增参数', en: 'a new argument' }),
        breaking: print(node.type).endsWith('!') && !node.defaultValue,
      }
  yield* simple(place, sourceOf(was), sourceOf(is), { zh: '来源变了', en: 'it comes from elsewhere' })
  yield* simple(place, was.read.join(', '), is.read.join(', '), { zh: '可读者变了', en: 'others may read it' })
  yield* simple(place, was.class, is.class, { zh: '密级变了', en: 'its class is another' })
  const masks = [was, is].map(({ mask }) => (mask ? `${mask.kind}: ${mask.roles.join(', ')}` : 'none'))
  yield* simple(place, masks[0] ?? '', masks[1] ?? '', { zh: '脱敏变了', en: 'its mask is another' })
}

function sourceOf({ source }: DictionaryField): string {
  return source ? JSON.stringify(source) : 'none'
}

function* entityChanges(id: string, was: Entity | undefined, is: Entity | undefined): Generator<SchemaChange> {
  if (!was) return yield added(id, { zh: '开始由该系统提供', en: 'the system provides it now' })
  if (!is) return yield removed(id, { zh: '不再由该系统提供', en: 'the system does not provide it any more' })
  const filters = [was, is].map(one => one.definition.filter)
  for (const name of Object.keys(filters[0] ?? {}))
    if (!Object.hasOwn(filters[1] ?? {}, name))
      yield removed(`${id}(${name})`, { zh: '不能再按它查询', en: 'it cannot be asked for by this any more' })
  for (const [name, one] of Object.entries(filters[1] ?? {}))
    if (!Object.hasOwn(filters[0] ?? {}, name))
      yield added(`${id}(${name})`, { zh: '可以按它查询', en: 'a new filter' })
    else
      yield* simple(`${id}(${name})`, JSON.stringify(filters[0]?.[name]), JSON.stringify(one), {
        zh: '查询方式变了',
        en: 'the filter is told otherwise',
      })
  for (const { field } of is.fields) {
    const paths = [was, is].map(one => one.definition.fields[field.name] ?? pathOf(one.definition, field) ?? '')
    yield* simple(`${id}.${field.name}`, JSON.stringify(paths[0]), JSON.stringify(paths[1]), {
      zh: '映射变了',
      en: 'it is mapped otherwise',
    })
  }
  const rest = [was, is].map(({ definition: { fields: _, filter: __, ...other } }) => flat(other))
  yield* flatChanges(id, rest[0] ?? {}, rest[1] ?? {}, () => true)
}

/** Settings whose values may be seen: nothing of authentication, connector settings or certificates, which hold secrets. */
const open = new Set(['name', 'description', 'url', 'protocol', 'limits', 'probe', 'probeMs', 'zone', 'provides'])

function* settingChanges(
  id: string,
  was: SystemDefinition | undefined,
  is: SystemDefinition | undefined,
): Generator<SchemaChange> {
  if (!was || !is) {
    if (is) yield added(id, { zh: '新增系统', en: 'a new system' })
    if (was) yield removed(id, { zh: '系统被移除', en: 'the system is taken away' })
    return
  }
  const rest = [was, is].map(({ entities: _, dictionary: __, ...other }) => flat(other))
  yield* flatChanges(id, rest[0] ?? {}, rest[1] ?? {}, path => open.has(path.split('.')[0] ?? ''))
}

function* flatChanges(
  id: string,
  was: Record<string, string>,
  is: Record<string, string>,
  mayShow: (path: string) => boolean,
): Generator<SchemaChange> {
  for (const path of new Set([...Object.keys(was), ...Object.keys(is)])) {
    if (was[path] === is[path]) continue
    const shown = mayShow(path)
    const text = { zh: '设置变了', en: 'the setting is another' }
    const values = [was[path] ?? null, is[path] ?? null].map(one => (shown ? one : null))
    yield { ...changed(`${id}.${path}`, null, null, false, text), before: values[0] ?? null, after: values[1] ?? null }
  }
}

function flat(value: unknown, path = ''): Record<string, string> {
  if (value === undefined) return {}
  if (value === null || typeof value !== 'object') return { [path]: String(value) }
  if (Array.isArray(value)) return { [path]: JSON.stringify(value) }
  return Object.assign({}, ...Object.entries(value).map(([key, one]) => flat(one, path ? `${path}.${key}` : key)))
}

function* simple(place: string, before = '', after = '', text: Text): Generator<SchemaChange> {
  if (before !== after) yield changed(place, before, after, false, text)
}

function changed(place: string, before: string | null, after: string | null, breaking: boolean, text: Text) {
  return { kind: 'CHANGED', place, breaking, before, after, text } as const
}

function added(place: string, text: Text): SchemaChange {
  return { kind: 'ADDED', place, breaking: false, before: null, after: null, text }
}

function removed(place: string, text: Text, node?: Parameters<typeof print>[0]): SchemaChange {
  return { kind: 'REMOVED', place, breaking: true, before: node ? print(node) : null, after: null, text }
}
