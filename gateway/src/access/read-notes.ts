import { createHash } from 'node:crypto'
import { GraphQLError } from 'graphql'
import type { RequestContext } from '../schema/context.ts'
import type { DictionaryField } from '../schema/dictionary.ts'
import type { ReadEntry, ReadLog } from './read-log.ts'

const mostKeys = 50

interface TypeNotes {
  secret: boolean
  fields: Set<string>
  keys: Set<string>
  /** values given out of records without a key, by field */
  keyless: Map<string, number>
}

/** What one request gave out of the classes `personal` and `secret`, unmasked. */
export class ReadNotes {
  #log: ReadLog | undefined
  #types = new Map<string, TypeNotes>()

  constructor(log: ReadLog | undefined) {
    this.#log = log
  }

  /**
   * Notes a value that is about to be given out.
   * @throws GraphQLError AUDIT_UNAVAILABLE when it could not be recorded: what nobody would know of is not read
   */
  note(field: DictionaryField, key: string | null, context: Pick<RequestContext, 'locale' | 'traceId'>): void {
    if (!this.#log) return
    const secret = field.class === 'SECRET'
    if (!this.#log.takes(secret ? 'secret' : 'personal')) throw unrecorded(context)
    let notes = this.#types.get(field.owner)
    if (!notes) {
      notes = { secret, fields: new Set(), keys: new Set(), keyless: new Map() }
      this.#types.set(field.owner, notes)
    }
    notes.secret ||= secret
    notes.fields.add(field.name)
    if (key === null) notes.keyless.set(field.name, (notes.keyless.get(field.name) ?? 0) + 1)
    else notes.keys.add(key)
  }

  /** Hands the notes over to the log; they are empty afterwards. */
  close(context: RequestContext): void {
    if (!this.#log || this.#types.size === 0) return
    const { viewer } = context
    const actor: ReadEntry['actor'] =
      viewer.kind === 'person'
        ? { id: viewer.person.id, name: viewer.person.name.zh, kind: 'person' }
        : { id: viewer.clientId, kind: 'client' }
    const operation = operationName(context)
    const entries = [...this.#types].map(([type, notes]): ReadEntry => {
      const keys = [...notes.keys].slice(0, mostKeys)
      const records = Math.max(notes.keys.size, ...notes.keyless.values())
      return {
        actor,
        action: notes.secret ? 'data.read.secret' : 'data.read.personal',
        outcome: 'success',
        target: { type, id: notes.keys.size === 1 ? (keys[0] as string) : type },
        detail: { client: viewer.clientId ?? null, operation, type, fields: [...notes.fields].sort(), records, keys },
        traceId: context.traceId,
      }
    })
    this.#types.clear()
    this.#log.record(entries)
  }
}

/** A stored operation by its id, a query of the client's own by its hash. */
function operationName({ operation }: RequestContext): string | null {
  if (operation.id !== null) return operation.id
  if (operation.text === null) return null
  return `sha256:${createHash('sha256').update(operation.text).digest('base64url')}`
}

function unrecorded({ locale, traceId }: Pick<RequestContext, 'locale' | 'traceId'>): GraphQLError {
  const text =
    locale === 'en'
      ? 'This value is not shown while its reading cannot be recorded; try again in a moment'
      : '审计记录暂时无法写入，敏感数据暂不显示，请稍后重试'
  return new GraphQLError(text, { extensions: { code: 'AUDIT_UNAVAILABLE', retryable: true, traceId } })
}
