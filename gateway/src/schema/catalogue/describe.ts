import { Kind } from 'graphql'
import { decisions } from '../../access/permissions.ts'
import { declaredRules } from '../../quality/checks.ts'
import type { SystemsFile } from '../../systems/configuration.ts'
import type { Text } from '../../systems/types.ts'
import type { Dictionary, DictionaryField, DictionaryType } from '../dictionary.ts'
import { find, labelOf, strings } from '../directives.ts'
import { type Entities, type Entity, pathOf } from '../entities.ts'
import { systemOf } from '../sdl.ts'

/** How old what is shown may be: asked for at this moment, kept for some seconds, or taken over beforehand. */
export interface Freshness {
  freshness: 'LIVE' | 'CACHED' | 'SYNCHRONISED'
  seconds: number | null
}

/** What descriptions are made of. */
export interface CatalogueWorld {
  dictionary: Dictionary
  entities: Entities
  systems: SystemsFile['systems']
}

/** Who looks. */
export interface Reader {
  table: Uint8Array
  administrator: boolean
}

const builtIn = new Set(['Query', 'Mutation', 'Subscription', 'PageInfo'])

/** The types somebody may read something of, of systems that are attached. */
export function visibleTypes({ dictionary, systems }: CatalogueWorld, reader: Reader): DictionaryType[] {
  return [...dictionary.types.values()].filter(type => {
    if (builtIn.has(type.name)) return false
    const attached = [...type.fields.values()].filter(field => isAttached(dictionary, systems, field))
    return (
      attached.length > 0 &&
      (reader.administrator || attached.some(field => reader.table[field.index] !== decisions.denied))
    )
  })
}

/** Types among them that hold a text themselves or in a field. */
export function foundTypes(
  world: CatalogueWorld,
  reader: Reader,
  { search, system }: { search?: string | null | undefined; system?: string | null | undefined },
): DictionaryType[] {
  const text = search?.trim().toLowerCase().slice(0, 100) ?? ''
  return visibleTypes(world, reader).filter(
    type =>
      (!system || sourcesOf(world, type).some(entity => entity.system === system)) &&
      (text === '' || holds(type, text) || foundFields(world, type, text).length > 0),
  )
}

/** Fields of a type that hold a text in their names or meaning. */
export function foundFields(world: CatalogueWorld, type: DictionaryType, text: string): DictionaryField[] {
  const wanted = text.trim().toLowerCase()
  return wanted === '' ? [] : attachedFields(world, type).filter(field => holds(field, wanted))
}

function holds({ name, label, about }: { name: string; label: Text; about: Text | null }, text: string): boolean {
  return [name, label.zh, label.en, about?.zh, about?.en].some(one => one?.toLowerCase().includes(text))
}

/** Its fields of systems that are attached. */
export function attachedFields({ dictionary, systems }: CatalogueWorld, type: DictionaryType): DictionaryField[] {
  return [...type.fields.values()].filter(field => isAttached(dictionary, systems, field))
}

/** The systems that hold records of a type, the system of record first. */
export function sourcesOf({ entities, systems }: CatalogueWorld, type: DictionaryType): Entity[] {
  const held = Object.keys(systems).flatMap(system => entities.get(`${system}.${type.name}`) ?? [])
  return held.sort((a, b) => Number(b.system === type.entity?.system) - Number(a.system === type.entity?.system))
}

export function freshnessOf(entity: Entity | undefined): Freshness {
  const cache = entity?.definition.cache
  return cache ? { freshness: 'CACHED', seconds: Math.round(cache.freshS) } : { freshness: 'LIVE', seconds: null }
}

/** A field with everything a page says of it. */
export function describeField(world: CatalogueWorld, field: DictionaryField, reader: Reader) {
  const { dictionary, entities } = world
  const type = dictionary.types.get(field.owner)
  const system = systemOf(dictionary, field)
  const entity = entities.get(`${system}.${field.owner}`)
  const decision = reader.table[field.index]
  const target = dictionary.types.get(field.type)
  return {
    name: field.name,
    label: field.label,
    about: field.about,
    type: field.list ? `[${field.type}]` : field.type,
    leadsTo: target && !builtIn.has(target.name) ? target.name : null,
    key: type?.entity?.key === field.name,
    required: field.required,
    class: field.class,
    readers: field.read,
    mask: field.mask && { kind: field.mask.kind, readers: field.mask.roles },
    readable: decision === decisions.readable,
    masked: decision === decisions.masked,
    system,
    mapping: reader.administrator ? mappingOf(entity, field) : null,
    conversion: reader.administrator ? conversionOf(entity, field) : null,
    unit: unitOf(type, field),
    codes: codesOf(dictionary, field.type, reader.administrator),
    rules: declaredRules(field, dictionary),
    // People are taken over from the directory; everything else is asked for.
    ...(system === null ? { freshness: 'SYNCHRONISED' as const, seconds: null } : freshnessOf(entity)),
  }
}

function isAttached(dictionary: Dictionary, systems: SystemsFile['systems'], field: DictionaryField): boolean {
  const system = systemOf(dictionary, field)
  return system === null || Object.hasOwn(systems, system)
}

function mappingOf(entity: Entity | undefined, field: DictionaryField): string | null {
  const { source } = field
  if (source?.kind === 'children') return `${field.type}.${source.by}`
  if (source?.kind !== 'value') return null
  const told = entity?.definition.fields[field.name]
  if (typeof told === 'object' && told.constant !== undefined) return JSON.stringify(told.constant)
  if (typeof told === 'object' && told.value !== undefined) return told.value
  return (entity ? pathOf(entity.definition, field) : source.path) ?? source.expression
}

function conversionOf(entity: Entity | undefined, field: DictionaryField): string | null {
  const told = entity?.definition.fields[field.name]
  if (typeof told !== 'object') return null
  const { path: _path, value: _value, constant: _constant, none, ...rest } = told
  const shown = { ...rest, ...(none.length > 0 && { none }) }
  return Object.keys(shown).length > 0 ? JSON.stringify(shown) : null
}

// A unit of its own, or the field that tells it.
function unitOf(type: DictionaryType | undefined, field: DictionaryField): string | null {
  if (field.unit?.is) return field.unit.is
  return field.unit?.by && type?.fields.has(field.unit.by) ? `→ ${field.unit.by}` : null
}

function codesOf(
  dictionary: Dictionary,
  name: string,
  administrator: boolean,
): { value: string; label: Text; codes: readonly string[] }[] {
  if (!dictionary.enums.has(name)) return []
  for (const node of dictionary.document.definitions) {
    if (node.kind !== Kind.ENUM_TYPE_DEFINITION || node.name.value !== name) continue
    return (node.values ?? []).map(value => {
      const label = find(value.directives, 'label')
      return {
        value: value.name.value,
        label: label ? labelOf(label) : { zh: value.name.value, en: value.name.value },
        codes: administrator ? (strings(find(value.directives, 'code'), 'is') ?? []) : [],
      }
    })
  }
  return []
}
