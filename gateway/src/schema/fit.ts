import { composed } from '../systems/drift/compose.ts'
import { type Description, MappingFault } from '../systems/protocols/protocol.ts'
import { checkEntities, type Entities, type Entity } from './entities.ts'

/** What a mapping asks for and a system no longer has. */
export interface Misfit {
  type: string
  /** fields that are left out; null: the whole type goes on by the description it last fitted */
  fields: readonly string[] | null
  message: string
}

/** How the mappings of a system fit a description of it. */
export interface Fit {
  /** what calls go by */
  description: Description
  misfits: readonly Misfit[]
}

/**
 * Fits the mappings of a system to its description. Without one that fitted before, every fault is a mistake of the
 * configuration. With one, a fault costs only what it is about: a field, or the news about one type.
 * @throws MappingFault
 */
export function fitEntities(entities: Entities, system: string, description: Description, last?: Description): Fit {
  const own = new Map([...entities].filter(([, entity]) => entity.system === system))
  if (!last) checkEntities(own, system, description)
  const kept = new Set<string>()
  const misfits: Misfit[] = []
  for (const entity of own.values()) {
    entity.gone.clear()
    const fault = faultOf(entity, description, pathsOf(entity))
    if (!fault) continue
    const needed = neededPaths(entity)
    const whole = faultOf(entity, description, needed)
    if (whole) kept.add(entity.definition.operation)
    else for (const path of pathsOf(entity)) if (faultOf(entity, description, [path])) entity.gone.add(path)
    const fields = entity.fields.filter(one => one.paths.some(path => entity.gone.has(path))).map(one => one.field.name)
    misfits.push({ type: entity.type.name, fields: whole ? null : fields, message: (whole ?? fault).message })
  }
  return { description: last && kept.size > 0 ? composed(description, last, kept) : description, misfits }
}

function faultOf(entity: Entity, description: Description, paths: string[]): MappingFault | undefined {
  try {
    description.check(entity.definition, paths)
    return undefined
  } catch (error) {
    if (error instanceof MappingFault) return error
    throw error
  }
}

function pathsOf({ fields, keyPath }: Entity): string[] {
  return [...new Set([...fields.flatMap(one => one.paths), ...(keyPath ? [keyPath] : [])])]
}

/** Without these a record is none, or nobody knows whose it is. */
function neededPaths({ keyPath, required, definition: { scope } }: Entity): string[] {
  const ofScope = scope !== 'none' && scope.path ? [scope.path] : []
  return [...(keyPath ? [keyPath] : []), ...ofScope, ...required.map(one => one.path)]
}
