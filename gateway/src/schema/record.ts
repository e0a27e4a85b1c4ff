import { follow, type Row } from '../systems/protocols/protocol.ts'
import type { Entity } from './entities.ts'

/** The record behind an object of the graph, and the system that answered it. */
export const record = Symbol('record')
export const origin = Symbol('origin')

/** An object of the graph: its key, and the record it was made from, if there is one. */
export interface Reference {
  __typename: string
  [record]?: Row
  [origin]?: string
  [field: string]: unknown
}

/** An object whose record one system has just answered. */
export function fromRecord(entity: Entity, row: Row): Reference {
  const reference: Reference = { __typename: entity.type.name, [record]: row, [origin]: entity.system }
  const key = entity.type.entity?.key
  if (key && entity.keyPath) reference[key] = String(follow(row, entity.keyPath))
  return reference
}

/** An object of which only the key is known. */
export function fromKey(type: string, keyName: string, key: string): Reference {
  return { __typename: type, [keyName]: key }
}

/** The record that a system answered for an object; undefined when it has not been asked. */
export function recordOf(reference: Reference, system: string): Row | undefined {
  return reference[origin] === system ? reference[record] : undefined
}
