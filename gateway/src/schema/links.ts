import type { EntityDefinition } from '../systems/configuration.ts'
import type { Dictionary, DictionaryType } from './dictionary.ts'
import { type Entity, pathOf } from './entities.ts'

/** The fields by which an entity's records are put under their parents, with their paths in the system's records. */
export function linksOf(type: DictionaryType, definition: EntityDefinition, dictionary: Dictionary): Entity['links'] {
  let names = linkNames.get(dictionary)
  if (!names) {
    names = namesOfLinks(dictionary)
    linkNames.set(dictionary, names)
  }
  return [...(names.get(type.name) ?? [])].flatMap(name => {
    const link = type.fields.get(name)
    const path = link && pathOf(definition, link)
    return link && path ? [{ field: link, path }] : []
  })
}

const linkNames = new WeakMap<Dictionary, ReadonlyMap<string, ReadonlySet<string>>>()

/** By type, the fields by which other types hold lists of it. */
function namesOfLinks({ fields }: Dictionary): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>()
  for (const { source, type } of fields)
    if (source?.kind === 'children') names.set(type, (names.get(type) ?? new Set()).add(source.by))
  return names
}
