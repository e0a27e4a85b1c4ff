import { pathOf } from '../schema/entities.ts'
import type { Described } from '../systems/description.ts'
import type { Ground } from './ground.ts'
import { unmappedProperties } from './unmapped.ts'

/** What a system's description offers, and which types are read by it. */
export function descriptionOf(id: string, { entities, asked }: Ground, described: Described | undefined) {
  if (!described) return null
  const { operations, protocolVersion } = described.description
  const own = [...entities.values()].filter(one => one.system === id)
  return {
    hash: described.hash,
    fresh: asked.has(id),
    protocolVersion: protocolVersion ?? null,
    operations: [...operations].slice(0, 2000).map(([name, { safe }]) => {
      const readers = own.filter(one => one.definition.operation === name)
      return {
        name,
        safe,
        types: readers.map(one => one.type.name),
        unmapped: () => unmappedProperties(readers, described.description.contract?.(name)),
      }
    }),
  }
}

/** The types a system's mapping gives, field by field. */
export function mappedTypes(id: string, { entities }: Ground) {
  return [...entities.values()]
    .filter(one => one.system === id)
    .map(({ type, definition, keyPath, fields }) => ({
      type: type.name,
      operation: definition.operation,
      key: keyPath,
      filters: Object.keys(definition.filter),
      fields: fields.map(({ field }) => ({
        field: field.name,
        names: { zhCN: field.label.zh, en: field.label.en },
        class: field.class,
        path: pathOf(definition, field),
        expression: field.source?.kind === 'value' ? field.source.expression : null,
        overridden: Object.hasOwn(definition.fields, field.name),
      })),
    }))
}
