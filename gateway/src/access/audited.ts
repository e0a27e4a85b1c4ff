import type { RequestContext } from '../schema/context.ts'
import type { DictionaryField } from '../schema/dictionary.ts'
import type { Entity } from '../schema/entities.ts'
import { follow, type Row } from '../systems/protocols/protocol.ts'
import { decisions } from './permissions.ts'

type Reader = (record: Row, context: RequestContext) => unknown

/** A reader that notes what it gives out unmasked, for a field of class personal or secret; any other as it is. */
export function audited(field: DictionaryField, entity: Entity | undefined, read: Reader): Reader {
  if (field.class !== 'PERSONAL' && field.class !== 'SECRET') return read
  const note = (value: unknown, record: Row, context: RequestContext): unknown => {
    if (value === null || value === undefined) return value
    const key = entity?.keyPath ? follow(record, entity.keyPath) : null
    context.reads.note(field, key === null || key === undefined ? null : String(key), context)
    return value
  }
  return (record, context) => {
    const value = read(record, context)
    if (context.access.table[field.index] === decisions.masked) return value
    return value instanceof Promise ? value.then(one => note(one, record, context)) : note(value, record, context)
  }
}
