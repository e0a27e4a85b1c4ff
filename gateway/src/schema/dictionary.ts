import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DefinitionNode, type DocumentNode, type FieldDefinitionNode, Kind, parse } from 'graphql'
import { checkDeclared, type Declared, readDeclared } from '../quality/declared.ts'
import type { Text } from '../systems/types.ts'
import { find, labelOf, strings, text, unwrap } from './directives.ts'
import { atOnce, type Slices } from './slices.ts'

export type DataClass = 'PUBLIC' | 'INTERNAL' | 'PERSONAL' | 'SECRET'
export type MaskKind = 'PHONE' | 'EMAIL' | 'ADDRESS' | 'NAME'

/** Where a field's value comes from. */
export type Source =
  | { kind: 'value'; system: string; path: string | null; expression: string | null }
  | { kind: 'children'; by: string }
  | { kind: 'row'; system: string | null }
  | { kind: 'list' }
  | { kind: 'one'; by: string }
  | { kind: 'write'; system: string; operation: string; input: string; of: string; key: string }

export interface DictionaryField {
  /** position in every decision table */
  index: number
  owner: string
  name: string
  /** named type without list and non-null */
  type: string
  list: boolean
  required: boolean
  label: Text
  /** what it means to the business */
  about: Text | null
  /** the unit of a number, or the field of the type that tells it */
  unit: { is: string | null; by: string | null } | null
  /** what values keep beyond the type */
  valid: readonly Declared[]
  class: DataClass
  /** who may read; empty = nobody */
  read: readonly string[]
  mask: { kind: MaskKind; roles: readonly string[] } | null
  source: Source | null
  /** as it stands in the public schema: without the dictionary's directives */
  node: FieldDefinitionNode
}

export interface DictionaryType {
  name: string
  label: Text
  /** what it is to the business */
  about: Text | null
  /** null for a value that is part of another record */
  entity: { key: string | null; system: string } | null
  fields: ReadonlyMap<string, DictionaryField>
}

/** The data dictionary: the types of the enterprise, where their values come from, and who may read them. */
export interface Dictionary {
  /** its scalars, enums and inputs; the objects are in `types` */
  document: DocumentNode
  types: ReadonlyMap<string, DictionaryType>
  /** enum → code in a system → canonical value */
  enums: ReadonlyMap<string, ReadonlyMap<string, string>>
  fields: readonly DictionaryField[]
}

/** The dictionary contradicts itself; `message` names the place. */
export class DictionaryFault extends Error {
  readonly code = 'DICTIONARY_FAULT'
}

const shipped = fileURLToPath(new URL('./dictionary/', import.meta.url))

/**
 * Reads the dictionary that comes with the gateway, what connectors say to it, and the files a company adds.
 * @throws DictionaryFault
 */
export async function readDictionary(
  added: readonly string[] = [],
  connectors: readonly string[] = [],
): Promise<Dictionary> {
  return atOnce(compilingDictionary(await dictionaryTexts(added, connectors)))
}

/** What the dictionary is made of, in the order in which it is told. @throws DictionaryFault */
export async function dictionaryTexts(added: readonly string[], connectors: readonly string[]): Promise<string[]> {
  const names = (await readdir(shipped)).filter(name => name.endsWith('.graphql')).sort()
  const own = await Promise.all(names.map(name => readText(join(shipped, name))))
  const companys = await Promise.all(added.map(readText))
  return [...own, ...connectors, ...companys]
}

async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => {
    throw new DictionaryFault(`${path} cannot be read`)
  })
}

/** @throws DictionaryFault when the text is no SDL or contradicts itself */
export function compileDictionary(sdl: string): Dictionary {
  return atOnce(compilingDictionary([sdl]))
}

/** The dictionary of several texts, which extend one another. @throws DictionaryFault */
export function* compilingDictionary(texts: readonly string[]): Slices<Dictionary> {
  const fields: DictionaryField[] = []
  const ruled = new Set<DictionaryField>()
  const types = new Map<string, DictionaryType>()
  const enums = new Map<string, ReadonlyMap<string, string>>()
  const plain: DefinitionNode[] = []
  // Only what is kept of a text outlives its turn: the syntax tree of a big dictionary is a hundred times its size.
  for (const sdl of texts) {
    yield
    for (const node of read(sdl).definitions) {
      if (node.kind === Kind.ENUM_TYPE_DEFINITION) enums.set(node.name.value, readEnum(node))
      if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.OBJECT_TYPE_EXTENSION) {
        if (node.kind !== Kind.DIRECTIVE_DEFINITION) plain.push(node)
        continue
      }
      yield
      const name = node.name.value
      const before = types.get(name)
      const own = new Map(before?.fields)
      const entity = find(node.directives, 'entity')
      const typeRead = strings(find(node.directives, 'read'), 'roles') ?? []
      for (const field of node.fields ?? []) {
        // Whoever takes a type over says so by @entity; a field told twice by mistake would lose its first rules.
        const told = own.get(field.name.value)
        if (told && !(entity && before)) throw new DictionaryFault(`${name}.${told.name} is there twice`)
        const read = readField(told?.index ?? fields.length, name, field, typeRead)
        if (find(field.directives, 'read')) ruled.add(read)
        own.set(read.name, read)
        fields[read.index] = read
      }
      const label = find(node.directives, 'label')
      types.set(name, {
        name,
        label: label ? labelOf(label) : (before?.label ?? { zh: name, en: name }),
        about: aboutOf(node.directives) ?? before?.about ?? null,
        entity: entity
          ? { key: text(entity, 'key') ?? null, system: text(entity, 'system') ?? '' }
          : (before?.entity ?? null),
        fields: own,
      })
    }
  }
  yield
  yield* inheritReadRules(types, fields, ruled)
  yield* checkDictionary(types)
  return { document: { kind: Kind.DOCUMENT, definitions: plain }, types, enums, fields }
}

function read(sdl: string): DocumentNode {
  try {
    return parse(sdl, { noLocation: true })
  } catch (error) {
    throw new DictionaryFault(`the dictionary is no GraphQL SDL: ${(error as Error).message}`)
  }
}

/** `CustomerConnection` → `Customer`; undefined for another name. */
export function nodeOfConnection(type: string): string | undefined {
  return /^(\w+)Connection$/.exec(type)?.[1]
}

// A list or a reference without a rule of its own may be read by whoever may read what it leads to.
function* inheritReadRules(
  types: Map<string, DictionaryType>,
  fields: DictionaryField[],
  ruled: ReadonlySet<DictionaryField>,
): Slices<void> {
  for (const field of fields) {
    if (field.index % 100 === 0) yield
    if (ruled.has(field)) continue
    const { source } = field
    const leads =
      source?.kind === 'list' || source?.kind === 'one' || source?.kind === 'children' || source?.kind === 'row'
    const target = types.get(nodeOfConnection(field.type) ?? field.type)
    const onRoot = field.owner === 'Query' || field.owner === 'Mutation'
    if ((leads || onRoot) && target) field.read = typeRule(target)
  }
}

function typeRule(type: DictionaryType): readonly string[] {
  const key = type.entity?.key
  return (key ? type.fields.get(key) : [...type.fields.values()][0])?.read ?? []
}

function* checkDictionary(types: Map<string, DictionaryType>): Slices<void> {
  for (const type of types.values()) {
    yield
    const key = type.entity?.key
    if (key && !type.fields.has(key))
      throw new DictionaryFault(`${type.name} has no field ${key}, which @entity names as its key`)
    for (const field of type.fields.values()) {
      const place = `${type.name}.${field.name}`
      const meant = checkDeclared(field.valid, type.fields)
      if (meant !== null) throw new DictionaryFault(`${place}: ${meant}`)
      if (field.unit?.by && !type.fields.has(field.unit.by))
        throw new DictionaryFault(`${place}: @unit: ${type.name} has no field ${field.unit.by}`)
      const { source } = field
      if (source?.kind === 'value' && (source.path === null) === (source.expression === null)) {
        throw new DictionaryFault(`${place}: @from takes either a path or a value`)
      }
      if (source?.kind === 'value' && field.read.length === 0)
        throw new DictionaryFault(`${place} says nowhere who may read it`)
      if (source?.kind === 'children' && !types.get(field.type)?.fields.has(source.by)) {
        throw new DictionaryFault(`${place}: ${field.type} has no field ${source.by}`)
      }
      if (source?.kind === 'list' && !types.get(nodeOfConnection(field.type) ?? '')?.entity) {
        throw new DictionaryFault(`${place} must be the connection of an entity`)
      }
    }
  }
}

function readField(
  index: number,
  owner: string,
  node: FieldDefinitionNode,
  typeRead: readonly string[],
): DictionaryField {
  const { name, list, required } = unwrap(node.type)
  const label = find(node.directives, 'label')
  const mask = find(node.directives, 'mask')
  return {
    index,
    owner,
    name: node.name.value,
    type: name,
    list,
    required,
    label: label ? labelOf(label) : { zh: node.name.value, en: node.name.value },
    about: aboutOf(node.directives),
    unit: unitOf(node.directives),
    valid: readDeclared(node.directives),
    class: (text(find(node.directives, 'class'), 'is') as DataClass | undefined) ?? 'INTERNAL',
    read: strings(find(node.directives, 'read'), 'roles') ?? typeRead,
    mask: mask ? { kind: text(mask, 'kind') as MaskKind, roles: strings(mask, 'roles') ?? [] } : null,
    source: readSource(node),
    node: { ...node, directives: [] },
  }
}

function aboutOf(directives: FieldDefinitionNode['directives']): Text | null {
  const about = find(directives, 'about')
  return about ? labelOf(about) : null
}

function unitOf(directives: FieldDefinitionNode['directives']): DictionaryField['unit'] {
  const unit = find(directives, 'unit')
  return unit ? { is: text(unit, 'is') ?? null, by: text(unit, 'by') ?? null } : null
}

function readSource(node: FieldDefinitionNode): Source | null {
  const from = find(node.directives, 'from')
  if (from)
    return {
      kind: 'value',
      system: text(from, 'system') ?? '',
      path: text(from, 'path') ?? null,
      expression: text(from, 'value') ?? null,
    }
  const children = find(node.directives, 'children')
  if (children) return { kind: 'children', by: text(children, 'by') ?? '' }
  const row = find(node.directives, 'row')
  if (row) return { kind: 'row', system: text(row, 'system') ?? null }
  if (find(node.directives, 'list')) return { kind: 'list' }
  const one = find(node.directives, 'one')
  if (one) return { kind: 'one', by: text(one, 'by') ?? '' }
  const write = find(node.directives, 'write')
  if (!write) return null
  const part = (name: string): string => text(write, name) ?? ''
  return {
    kind: 'write',
    system: part('system'),
    operation: part('operation'),
    input: part('input'),
    of: part('of'),
    key: part('key'),
  }
}

function readEnum(
  node: Extract<DefinitionNode, { kind: typeof Kind.ENUM_TYPE_DEFINITION }>,
): ReadonlyMap<string, string> {
  const codes = new Map<string, string>()
  for (const value of node.values ?? []) {
    for (const code of strings(find(value.directives, 'code'), 'is') ?? [value.name.value])
      codes.set(code, value.name.value)
  }
  // The value of another system, computed by an expression, is told by its name.
  for (const { name } of node.values ?? []) if (!codes.has(name.value)) codes.set(name.value, name.value)
  return codes
}
