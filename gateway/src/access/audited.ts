import type { RequestContext } from '../schema/context.ts'
import type { DictionaryField } from '../schema/dictionary.ts'
import type { Entity } from '../schema/entities.ts'
import { follow, type Row } from '../systems/protocols/protocol.ts'
import { decisions } from './permissions.ts'

type Reader = (record: Row, context: RequestContext) => unknown

/** A reader that notes what it gives out unmasked, for a field of class personal or secret; any other as it is. */
export function audited(field: DictionaryField, entity: Entity | undefined, read: Reader): Reader {
  if (!isSensitive(field)) return read
  const note = (value: unknown, record: Row, context: RequestContext): unknown => {
    const key = entity?.keyPath ? follow(record, entity.keyPath) : null
    noteRead(field, key === null || key === undefined ? null : String(key), value, context)
    return value
  }
  return (record, context) => {
    const value = read(record, context)
    if (context.access.table[field.index] === decisions.masked) return value
    return value instanceof Promise ? value.then(one => note(one, record, context)) : note(value, record, context)
  }
}

/** Notes a value that is given out unmasked, if it is of class personal or secret. @throws GraphQLError AUDIT_UNAVAILABLE */
export function noteRead(field: DictionaryField, key: string | null, value: unknown, context: RequestContext): void {
  if (value === null || value === undefined || !isSensitive(field)) return
  context.reads.note(field, key, context)
}

function isSensitive({ class: kind }: DictionaryField): boolean {
  return kind === 'PERSONAL' || kind === 'SECRET'
}
