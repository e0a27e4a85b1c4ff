import type { EntityDefinition, FilterDefinition, SystemsFile } from '../systems/configuration.ts'
import { namesIn } from '../systems/expressions/evaluate.ts'
import { namesAccount, takesAccount } from '../systems/protocols/account-text.ts'
import { type Description, MappingFault } from '../systems/protocols/protocol.ts'
import type { Dictionary, DictionaryField, DictionaryType } from './dictionary.ts'
import { linksOf } from './links.ts'
import { compileMapping, type FieldMapping, type SystemWords } from './mapping/field-mapping.ts'
import { atOnce, type Slices } from './slices.ts'

/** A type of the dictionary as one system holds it: dictionary and mapping joined, checked against each other. */
export interface Entity {
  id: string
  system: string
  type: DictionaryType
  definition: EntityDefinition
  /** path of the key in a record; null when the type has none or it must be computed */
  keyPath: string | null
  /** the argument by which records are asked for by key; null when they cannot be */
  keyFilter: string | null
  /** fields whose values this system gives, with the paths each needs */
  fields: readonly { field: DictionaryField; paths: readonly string[] }[]
  /** name of a field → what is done with its values */
  mappings: ReadonlyMap<string, FieldMapping>
  /** name of an argument → how its values are told to the system; absent where they are told as they are */
  writes: ReadonlyMap<string, NonNullable<FieldMapping['write']>>
  /** paths that must be there for a record to count as one */
  required: readonly { field: DictionaryField; path: string }[]
  /** fields by which records are put under their parents, with their paths */
  links: readonly { field: DictionaryField; path: string }[]
  /** paths that the system no longer has: they are not asked for, and their fields are null (schema/fit.ts) */
  gone: Set<string>
  /** name of an argument → fields of the dictionary that it lets one find out about */
  reveals: ReadonlyMap<string, readonly DictionaryField[]>
}

/** What of systems.yaml is mapped; times without a zone are the company's unless a system says otherwise. */
type SystemsPart = Pick<SystemsFile, 'systems'> & Partial<Pick<SystemsFile, 'company'>>

/** All entities, by `<system>.<Type>`. */
export type Entities = ReadonlyMap<string, Entity>

/**
 * Joins the mappings of systems.yaml with the dictionary.
 * @throws MappingFault naming the entry that does not fit
 */
export function compileEntities(dictionary: Dictionary, file: SystemsPart): Entities {
  return atOnce(compilingEntities(dictionary, file))
}

/**
 * The same in slices.
 * @param known what a system whose definition was joined with this dictionary before is taken from
 * @throws MappingFault
 */
export function* compilingEntities(
  dictionary: Dictionary,
  file: SystemsPart,
  known: (system: string) => Entities | undefined = () => undefined,
): Slices<Entities> {
  const entities = new Map<string, Entity>()
  for (const [system, { entities: definitions, codes, zone }] of Object.entries(file.systems)) {
    const words = { codes, zone: zone ?? file.company?.zone ?? 'UTC' }
    const before = known(system)
    for (const [name, definition] of Object.entries(definitions)) {
      yield
      const type = dictionary.types.get(name)
      if (!type) throw new MappingFault(`systems.yaml: ${system} maps ${name}, which the dictionary does not have`)
      const id = `${system}.${name}`
      entities.set(id, before?.get(id) ?? compileEntity(system, type, definition, words, dictionary))
    }
  }
  return entities
}

/** Compares every mapping of a system with its description. @throws MappingFault */
export function checkEntities(entities: Entities, system: string, description: Description): undefined {
  for (const entity of entities.values()) {
    if (entity.system !== system) continue
    const paths = new Set(entity.fields.flatMap(one => one.paths))
    if (entity.keyPath) paths.add(entity.keyPath)
    try {
      description.check(entity.definition, [...paths])
      if (description.textInOneInput && entity.keyPath === null) checkAlternatives(entity.definition)
    } catch (error) {
      if (error instanceof MappingFault) throw new MappingFault(`systems.yaml: ${entity.id}: ${error.message}`)
      throw error
    }
  }
}

/** `$me` is filled in for the person who asks; where it would be taken for a text of its own, it is refused. */
function checkAccounts(id: string, { filter, input, aggregate }: EntityDefinition): void {
  for (const [name, one] of Object.entries(filter))
    for (const chosen of typeof one === 'string' ? [] : Object.values(one.when ?? {})) {
      if (typeof chosen === 'string') {
        if (!takesAccount(chosen))
          throw new MappingFault(
            `systems.yaml: ${id}: filter ${name}: $me stands between quotes, as '$me' and nothing else`,
          )
      } else if (
        Object.values(chosen).some(value => typeof value === 'string' && value !== '$me' && namesAccount(value))
      )
        throw new MappingFault(
          `systems.yaml: ${id}: filter ${name}: $me is an input's whole value, or stands in an expression`,
        )
    }
  const fixed = JSON.stringify([input, Object.values(aggregate?.measures ?? {}).map(one => one.where ?? '')])
  if (namesAccount(fixed))
    throw new MappingFault(
      `systems.yaml: ${id}: $me is filled in under "when" of a filter, not in what every question has`,
    )
}

/** What several calls answer is put together by the key. */
function checkAlternatives({ filter }: EntityDefinition): void {
  for (const [name, one] of Object.entries(filter))
    if (typeof one !== 'string' && (one.any?.length ?? 0) > 1)
      throw new MappingFault(`filter ${name} looks in several inputs, which takes a type with a key`)
}

/** The path of a field in a system's record, with what systems.yaml says instead of the dictionary. */
export function pathOf(definition: EntityDefinition, field: DictionaryField): string | null {
  const { source } = field
  const told = definition.fields[field.name]
  if (typeof told === 'string') return told
  if (told?.path !== undefined) return told.path
  if (told?.value !== undefined || told?.constant !== undefined) return null
  return source?.kind === 'value' ? source.path : null
}

/** The field of the dictionary that a record is known by. */
export function keyField({ type }: Pick<Entity, 'type'>): DictionaryField | undefined {
  return type.entity?.key ? type.fields.get(type.entity.key) : undefined
}

function compileEntity(
  system: string,
  type: DictionaryType,
  definition: EntityDefinition,
  words: SystemWords,
  dictionary: Dictionary,
): Entity {
  const id = `${system}.${type.name}`
  for (const name of Object.keys(definition.fields)) {
    if (!type.fields.has(name))
      throw new MappingFault(`systems.yaml: ${id} maps the field ${name}, which ${type.name} does not have`)
  }
  const mappings = mappingsOf(id, system, type, definition, words, dictionary)
  const fields = [...type.fields.values()].flatMap(field => {
    const mapping = mappings.get(field.name)
    if (!mapping) return []
    const { path, expression, needs } = mapping
    const own = path !== null ? [path] : expression === null ? [] : namesIn(expression)
    return [{ field, paths: [...own, ...needs] }]
  })
  const keyName = type.entity?.key ?? null
  const keyField = keyName ? type.fields.get(keyName) : undefined
  const ownKey =
    keyField?.source?.kind === 'value' && keyField.source.system === system ? pathOf(definition, keyField) : null
  const keyPath = definition.key ?? ownKey
  const required = fields.flatMap(({ field }) => {
    const path = field.required ? pathOf(definition, field) : null
    return path === null ? [] : [{ field, path }]
  })
  const reveals = new Map(
    Object.entries(definition.filter).map(([name, filter]) => [name, revealed(id, type, definition, name, filter)]),
  )
  if (
    definition.scope !== 'none' &&
    !(definition.scope.filter in definition.filter) &&
    definition.scope.filter !== 'parent'
  ) {
    throw new MappingFault(`systems.yaml: ${id}: scope names the filter ${definition.scope.filter}, which is not there`)
  }
  checkAccounts(id, definition)
  return {
    id,
    system,
    type,
    definition,
    keyPath,
    keyFilter: keyName && keyName in definition.filter ? keyName : null,
    fields,
    mappings,
    writes: writesOf(definition, reveals, mappings),
    required,
    links: linksOf(type, definition, dictionary),
    gone: new Set(),
    reveals,
  }
}

function mappingsOf(
  id: string,
  system: string,
  type: DictionaryType,
  definition: EntityDefinition,
  words: SystemWords,
  dictionary: Dictionary,
): Map<string, FieldMapping> {
  const mappings = new Map<string, FieldMapping>()
  for (const field of type.fields.values()) {
    if (field.source?.kind !== 'value' || field.source.system !== system) continue
    const plain = !dictionary.types.has(field.type)
    const told = definition.fields[field.name]
    try {
      const mapping = compileMapping(field, told, words, dictionary.enums.get(field.type), plain)
      // Records are joined by their keys as they stand in the system.
      if (field.name === type.entity?.key && (mapping.read || (mapping.path === null && told !== undefined)))
        throw new MappingFault('a key is told by its path; "key" of the entity composes one')
      mappings.set(field.name, mapping)
    } catch (error) {
      if (!(error instanceof MappingFault)) throw error
      throw new MappingFault(`systems.yaml: ${id}: fields.${field.name}: ${error.message}`)
    }
  }
  return mappings
}

/** How arguments are told whose values the system writes otherwise: those that look at one mapped field. */
function writesOf(
  definition: EntityDefinition,
  reveals: ReadonlyMap<string, readonly DictionaryField[]>,
  mappings: ReadonlyMap<string, FieldMapping>,
): Map<string, NonNullable<FieldMapping['write']>> {
  const writes = new Map<string, NonNullable<FieldMapping['write']>>()
  for (const [name, filter] of Object.entries(definition.filter)) {
    if (typeof filter !== 'string' && (filter.any || filter.when)) continue
    const [looked, second] = reveals.get(name) ?? []
    const write = looked && !second ? mappings.get(looked.name)?.write : undefined
    if (write) writes.set(name, write)
  }
  return writes
}

// Whoever can filter by a value can find it out, so every filter must say which fields it looks at.
function revealed(
  id: string,
  type: DictionaryType,
  definition: EntityDefinition,
  name: string,
  filter: FilterDefinition,
): DictionaryField[] {
  const byPath = (path: string): DictionaryField[] =>
    [...type.fields.values()].filter(field => pathOf(definition, field) === path)
  if (typeof filter === 'string') {
    const found = [byPath(filter), named(type, name)].find(one => one.length > 0)
    // The row scope is no argument that anybody could give.
    const { scope } = definition
    if (found || (scope !== 'none' && scope.filter === name)) return found ?? []
    return untold(id, name)
  }
  if (filter.reads) {
    return filter.reads.map(
      field =>
        type.fields.get(field) ??
        fail(`systems.yaml: ${id}: the filter ${name} reads ${field}, which ${type.name} does not have`),
    )
  }
  if (filter.field) {
    const found = byPath(filter.field)
    if (found.length > 0) return found
  }
  if (filter.any) {
    const found = filter.any.map(byPath)
    if (found.every(one => one.length > 0)) return found.flat()
  }
  return untold(id, name)
}

function untold(id: string, name: string): never {
  return fail(`systems.yaml: ${id}: the filter ${name} must say with "reads" which fields it looks at`)
}

function named(type: DictionaryType, name: string): DictionaryField[] {
  const field = type.fields.get(name)
  return field ? [field] : []
}

function fail(message: string): never {
  throw new MappingFault(message)
}
