import { follow, type Row } from '../systems/protocols/protocol.ts'
import type { Entity } from './entities.ts'

/** The systems' records behind an object of the graph, by system. */
export const records = Symbol('records')

/** An object of the graph: its key, and what was fetched of it so far. */
export interface Reference {
  __typename: string
  [records]?: Record<string, Row | null>
  [field: string]: unknown
}

/** An object whose record one system has just answered. */
export function fromRecord(entity: Entity, record: Row): Reference {
  const reference: Reference = { __typename: entity.type.name, [records]: { [entity.system]: record } }
  const key = entity.type.entity?.key
  if (key && entity.keyPath) reference[key] = String(follow(record, entity.keyPath))
  return reference
}

/** An object of which only the key is known. */
export function fromKey(type: string, keyName: string, key: string): Reference {
  return { __typename: type, [keyName]: key }
}
