import type { RpcDialect } from '../configuration.ts'
import { MappingFault, type Row, type Scalar } from './protocol.ts'

/** What a json-rpc system's properties are; it does not describe itself, so its dialect names them. */
export interface RpcValues {
  /** records as the dictionary takes them */
  read(value: unknown): unknown
  /** a value of a condition as the system takes it; undefined when no record can have it */
  write(field: string, value: Scalar): Scalar | undefined
}

const largest = 2 ** 31 - 1
const utc = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})$/

/** @throws MappingFault when the dialect's time zone is none */
export function rpcValues(dialect: RpcDialect, system: string): RpcValues {
  const { values, emptyIsFalse } = dialect
  const kinds = new Map<string, 'integer' | 'reference' | 'boolean' | 'time' | 'day'>()
  for (const kind of ['integer', 'reference', 'boolean', 'time', 'day'] as const)
    for (const name of values[kind]) kinds.set(name, kind)
  const calendar = calendarOf(dialect.timeZone, system)

  function readMember(name: string, value: unknown): unknown {
    const kind = kinds.get(name)
    if (value === false && emptyIsFalse && kind !== 'boolean') return null
    if (kind === 'reference') return readReference(value)
    if (kind !== 'time' && kind !== 'day') return read(value)
    const [, date, time] = (typeof value === 'string' ? utc.exec(value) : null) ?? []
    if (date === undefined) return value
    const text = `${date}T${time}Z`
    if (kind === 'time') return text
    const at = Date.parse(text)
    // Date.parse takes the 30th of February for the 2nd of March.
    return !Number.isNaN(at) && new Date(at).toISOString().startsWith(date) ? calendar.format(at) : value
  }

  function read(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(read)
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, readMember(name, one)]))
  }

  return {
    read,
    write(field, value) {
      const kind = kinds.get(field)
      const text = String(value)
      if (kind === 'integer' || kind === 'reference')
        return /^-?\d{1,10}$/.test(text) && Math.abs(Number(text)) <= largest ? Number(text) : undefined
      if (kind === 'boolean') return text === 'true'
      if (kind === 'time' || kind === 'day') {
        const at = Date.parse(text)
        return Number.isNaN(at) ? undefined : new Date(at).toISOString().slice(0, 19).replace('T', ' ')
      }
      return value
    },
  }
}

function calendarOf(timeZone: string, system: string): Intl.DateTimeFormat {
  try {
    // The Swedish way of writing a date is ISO 8601.
    return new Intl.DateTimeFormat('sv-SE', { timeZone })
  } catch {
    throw new MappingFault(`${system}: there is no time zone ${timeZone}`)
  }
}

/** `[7, "name"]`, or the bare 7, becomes {id, name}; anything else stays what it is and will not fit the dictionary. */
function readReference(value: unknown): unknown {
  const [id, name] = Array.isArray(value) ? value : [value]
  const sound = typeof id === 'string' || (typeof id === 'number' && Number.isSafeInteger(id))
  const reference: Row = { id: String(id), name: typeof name === 'string' ? name : null }
  return sound ? reference : value
}
