import { decisions } from '../access/permissions.ts'
import type { Entity } from './entities.ts'

const known = new WeakMap<Uint8Array, Map<string, string | undefined>>()

/**
 * The order of an entity's lists for a viewer: as configured, up to the first term whose values they may not see. A place
 * in a list tells how a hidden value compares with others, and with enough records nearly what it is.
 */
export function sortFor(entity: Entity, table: Uint8Array): string | undefined {
  const { sort } = entity.definition
  if (sort === undefined) return undefined
  const byEntity = known.get(table) ?? new Map<string, string | undefined>()
  known.set(table, byEntity)
  if (!byEntity.has(entity.id)) byEntity.set(entity.id, told(sort, entity, table))
  return byEntity.get(entity.id)
}

function told(sort: string, entity: Entity, table: Uint8Array): string | undefined {
  const terms = sort.split(',')
  const hidden = terms.findIndex(term => {
    const path = /[\w.]+/.exec(term)?.[0]
    return entity.fields.some(({ field, paths }) => {
      return table[field.index] !== decisions.readable && path !== undefined && paths.includes(path)
    })
  })
  if (hidden < 0) return sort
  return hidden === 0 ? undefined : terms.slice(0, hidden).join(',')
}
