import { type DocumentNode, type GraphQLSchema, TypeInfo, visit, visitWithTypeInfo } from 'graphql'
import type { Entities, Entity } from '../../schema/entities.ts'
import type { Misfit } from '../../schema/fit.ts'
import type { EntityDefinition } from '../configuration.ts'
import { pageInputs } from '../protocols/paging.ts'
import type { Change, ChangeLevel } from './difference.ts'

/** Something of the dictionary that a change endangers. */
export interface Risk {
  type: string
  /** null: every record of the type */
  field: string | null
  level: Exclude<ChangeLevel, 'HARMLESS'>
  /** the place in the system's words */
  place: string
}

/** What the changes of a system's description endanger among what is mapped. */
export function risksOf(
  entities: Entities,
  system: string,
  changes: readonly Change[],
  misfits: readonly Misfit[],
): Risk[] {
  const risks = new Map<string, Risk>()
  const add = (type: string, field: string | null, level: ChangeLevel, place: string): void => {
    const id = `${type}.${field ?? '*'}`
    if (level === 'HARMLESS' || risks.get(id)?.level === 'BREAKING') return
    risks.set(id, { type, field, level, place })
  }
  for (const { type, fields, message } of misfits)
    for (const field of fields ?? [null]) add(type, field, 'BREAKING', message.slice(0, 300))
  for (const entity of entities.values()) {
    if (entity.system !== system) continue
    const { operation, count } = entity.definition
    for (const change of changes) {
      if (change.operation !== operation && change.operation !== count?.operation) continue
      const place = change.path === null ? change.operation : `${change.operation} ${change.path}`
      for (const field of fieldsOf(entity, change)) add(entity.type.name, field, change.level, place)
    }
  }
  return [...risks.values()]
}

function fieldsOf(entity: Entity, { kind, path }: Change): (string | null)[] {
  if (kind === 'OPERATION_REMOVED') return [null]
  if (path === null) return []
  if (kind.startsWith('INPUT_')) {
    const given = Object.keys(entity.definition.input)
    if (kind === 'INPUT_REQUIRED' && !given.includes(path)) return [null]
    return usedInputs(entity.definition).has(path) ? [null] : []
  }
  const { rows } = entity.definition
  const told =
    rows === '' ? path : path === rows ? '' : path.startsWith(`${rows}.`) ? path.slice(rows.length + 1) : null
  if (told === null) return []
  if (told === '') return [null]
  const touches = (own: string): boolean => own === told || own.startsWith(`${told}.`) || told.startsWith(`${own}.`)
  if (entity.keyPath !== null && touches(entity.keyPath)) return [null]
  return entity.fields.filter(one => one.paths.some(touches)).map(one => one.field.name)
}

function usedInputs(definition: EntityDefinition): Set<string> {
  const used = new Set([...Object.keys(definition.input), ...pageInputs(definition)])
  for (const [name, filter] of Object.entries(definition.filter)) {
    if (typeof filter === 'string') used.add(filter)
    else {
      if (!filter.when && !filter.any) used.add(filter.field ?? name)
      for (const one of filter.any ?? []) used.add(one)
      for (const inputs of Object.values(filter.when ?? {}))
        if (typeof inputs !== 'string') for (const one of Object.keys(inputs)) used.add(one)
    }
  }
  return used
}

const coordinates = new WeakMap<DocumentNode, ReadonlySet<string>>()

/** Stored operations that select what is at risk. */
export function operationsAtRisk(
  risks: readonly Risk[],
  stored: ReadonlyMap<string, { document: DocumentNode }>,
  schema: GraphQLSchema,
): string[] {
  if (risks.length === 0) return []
  return [...stored]
    .filter(([, { document }]) => {
      let selected = coordinates.get(document)
      if (!selected) {
        selected = selectedIn(document, schema)
        coordinates.set(document, selected)
      }
      const found = selected
      return risks.some(({ type, field }) => found.has(field === null ? type : `${type}.${field}`))
    })
    .map(([id]) => id)
    .sort()
}

/** `Type` and `Type.field` for everything that a document selects. */
function selectedIn(document: DocumentNode, schema: GraphQLSchema): Set<string> {
  const selected = new Set<string>()
  const info = new TypeInfo(schema)
  visit(
    document,
    visitWithTypeInfo(info, {
      Field(node) {
        const parent = info.getParentType()?.name
        if (parent === undefined) return
        selected.add(parent)
        selected.add(`${parent}.${node.name.value}`)
      },
    }),
  )
  return selected
}
