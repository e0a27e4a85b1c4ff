import type { EntityDefinition, FilterDefinition, SystemsFile } from '../systems/configuration.ts'
import { type Description, MappingFault } from '../systems/protocols/protocol.ts'
import type { Dictionary, DictionaryField, DictionaryType } from './dictionary.ts'
import { namesIn } from './expressions.ts'
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
  /** paths that must be there for a record to count as one */
  required: readonly { field: DictionaryField; path: string }[]
  /** name of an argument → fields of the dictionary that it lets one find out about */
  reveals: ReadonlyMap<string, readonly DictionaryField[]>
}

/** All entities, by `<system>.<Type>`. */
export type Entities = ReadonlyMap<string, Entity>

/**
 * Joins the mappings of systems.yaml with the dictionary.
 * @throws MappingFault naming the entry that does not fit
 */
export function compileEntities(dictionary: Dictionary, file: Pick<SystemsFile, 'systems'>): Entities {
  return atOnce(compilingEntities(dictionary, file))
}

/** The same in slices. @throws MappingFault */
export function* compilingEntities(dictionary: Dictionary, file: Pick<SystemsFile, 'systems'>): Slices<Entities> {
  const entities = new Map<string, Entity>()
  for (const [system, { entities: definitions }] of Object.entries(file.systems)) {
    for (const [name, definition] of Object.entries(definitions)) {
      yield
      const type = dictionary.types.get(name)
      if (!type) throw new MappingFault(`systems.yaml: ${system} maps ${name}, which the dictionary does not have`)
      entities.set(`${system}.${name}`, compileEntity(system, type, definition))
    }
  }
  return entities
}

/** Compares every mapping of a system with its description. @throws MappingFault */
export function checkEntities(entities: Entities, system: string, description: Description): void {
  for (const entity of entities.values()) {
    if (entity.system !== system) continue
    const paths = new Set(entity.fields.flatMap(one => one.paths))
    if (entity.keyPath) paths.add(entity.keyPath)
    try {
      description.check(entity.definition, [...paths])
    } catch (error) {
      if (error instanceof MappingFault) throw new MappingFault(`systems.yaml: ${entity.id}: ${error.message}`)
      throw error
    }
  }
}

/** The path of a field in a system's record, with what systems.yaml says instead of the dictionary. */
export function pathOf(definition: EntityDefinition, field: DictionaryField): string | null {
  const { source } = field
  return definition.fields[field.name] ?? (source?.kind === 'value' ? source.path : null)
}

/** The field of the dictionary that a record is known by. */
export function keyField({ type }: Pick<Entity, 'type'>): DictionaryField | undefined {
  return type.entity?.key ? type.fields.get(type.entity.key) : undefined
}

function compileEntity(system: string, type: DictionaryType, definition: EntityDefinition): Entity {
  const id = `${system}.${type.name}`
  for (const name of Object.keys(definition.fields)) {
    if (!type.fields.has(name))
      throw new MappingFault(`systems.yaml: ${id} maps the field ${name}, which ${type.name} does not have`)
  }
  const fields = [...type.fields.values()].flatMap(field => {
    const { source } = field
    if (source?.kind !== 'value' || source.system !== system) return []
    const path = pathOf(definition, field)
    return [{ field, paths: path === null ? namesIn(source.expression ?? '') : [path] }]
  })
  const keyName = type.entity?.key ?? null
  const keyField = keyName ? type.fields.get(keyName) : undefined
  const ownKey =
    keyField?.source?.kind === 'value' && keyField.source.system === system ? pathOf(definition, keyField) : null
  const keyPath = definition.key ?? ownKey
  const required = fields.flatMap(({ field, paths }) =>
    field.required && paths.length === 1 && pathOf(definition, field) ? [{ field, path: paths[0] as string }] : [],
  )
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
  return {
    id,
    system,
    type,
    definition,
    keyPath,
    keyFilter: keyName && keyName in definition.filter ? keyName : null,
    fields,
    required,
    reveals,
  }
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
    const found = byPath(filter)
    return found.length > 0 ? found : named(type, name)
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
  return fail(`systems.yaml: ${id}: the filter ${name} must say with "reads" which fields it looks at`)
}

function named(type: DictionaryType, name: string): DictionaryField[] {
  const field = type.fields.get(name)
  return field ? [field] : []
}

function fail(message: string): never {
  throw new MappingFault(message)
}
