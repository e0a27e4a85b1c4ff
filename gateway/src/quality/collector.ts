import type { Logger } from 'pino'
import type { DictionaryField } from '../schema/dictionary.ts'
import { shownValue } from './shown-value.ts'

/** A value or record that broke a rule, as it was noticed. */
export interface Offence {
  system: string
  type: string
  field: string
  rule: string
  key: string | null
  /** the value as the system sent it; only its shown form is kept */
  value?: unknown
  of?: DictionaryField | undefined
  keyField?: DictionaryField | undefined
}

/** What was noticed of one rule since the last writing. */
export interface Group {
  system: string
  type: string
  field: string
  rule: string
  faults: number
  first: Date
  last: Date
  records: Map<string, { value: string | null; masked: boolean; seen: number; first: Date; last: Date }>
}

/** What is written at once. */
export interface Batch {
  groups: Group[]
  checked: { system: string; type: string; records: number }[]
}

/** Counts faults beside the answers: noting one costs a look-up, writing happens later. */
export interface Collector {
  note(offence: Offence): void
  checked(system: string, type: string, records: number): void
  /** writes what is there; a failure keeps it for the next time */
  flush(): Promise<void>
  stop(): Promise<void>
}

// A system gone mad must not fill the memory: what is beyond is counted, not kept; the next batch has room again.
const mostGroups = 2000
const mostRecords = 50
const mostRecordsInAll = 5000

/** @param write stores a batch, adding to what others stored */
export function startCollecting(
  write: (batch: Batch) => Promise<void>,
  options: { flushMs: number; log: Logger },
): Collector {
  let groups = new Map<string, Group>()
  let checked = new Map<string, { system: string; type: string; records: number }>()
  let kept = 0
  let writing: Promise<void> = Promise.resolve()

  const groupOf = (offence: Offence, at: Date): Group | undefined => {
    const id = `${offence.system}\n${offence.type}\n${offence.field}\n${offence.rule}`
    const known = groups.get(id)
    if (known || groups.size >= mostGroups) return known
    const { system, type, field, rule } = offence
    const group = { system, type, field, rule, faults: 0, first: at, last: at, records: new Map() }
    groups.set(id, group)
    return group
  }
  const note = (offence: Offence): void => {
    const at = new Date()
    const group = groupOf(offence, at)
    if (!group) return
    group.faults += 1
    group.last = at
    const key = offence.key === null ? '' : keyShown(offence)
    const known = group.records.get(key)
    if (known) {
      known.seen += 1
      known.last = at
      return
    }
    if (group.records.size >= mostRecords || kept >= mostRecordsInAll) return
    kept += 1
    const { text, masked } = shownValue(offence.value, offence.of)
    group.records.set(key, { value: text, masked, seen: 1, first: at, last: at })
  }
  const addChecked = (system: string, type: string, records: number): void => {
    const id = `${system}\n${type}`
    const known = checked.get(id)
    if (known) known.records += records
    else if (checked.size < mostGroups) checked.set(id, { system, type, records })
  }
  const putBack = (batch: Batch): void => {
    for (const { system, type, records } of batch.checked) addChecked(system, type, records)
    for (const old of batch.groups) {
      const id = `${old.system}\n${old.type}\n${old.field}\n${old.rule}`
      const newer = groups.get(id)
      if (!newer && groups.size < mostGroups) {
        groups.set(id, old)
        kept += old.records.size
      } else if (newer) {
        newer.faults += old.faults
        newer.first = old.first
        for (const [key, record] of old.records) {
          const same = newer.records.get(key)
          if (same) Object.assign(same, { seen: same.seen + record.seen, first: record.first })
          else if (newer.records.size < mostRecords) {
            newer.records.set(key, record)
            kept += 1
          }
        }
      }
    }
  }
  const flushOnce = async (): Promise<void> => {
    if (groups.size === 0 && checked.size === 0) return
    const batch = { groups: [...groups.values()], checked: [...checked.values()] }
    groups = new Map()
    checked = new Map()
    kept = 0
    try {
      await write(batch)
    } catch (error) {
      putBack(batch)
      options.log.warn({ err: error }, 'faults of records could not be written; they are kept for the next time')
    }
  }
  // One writing at a time: two of one gateway would only wait for one another.
  const flush = (): Promise<void> => {
    writing = writing.then(flushOnce)
    return writing
  }
  const timer = setInterval(() => void flush(), options.flushMs)
  timer.unref()
  return {
    note,
    checked: addChecked,
    flush,
    stop: async () => {
      clearInterval(timer)
      await flush()
    },
  }
}

function keyShown({ key, keyField }: Offence): string {
  const secret = keyField?.class === 'PERSONAL' || keyField?.class === 'SECRET'
  return (secret ? shownValue(key, keyField).text : key)?.slice(0, 200) ?? ''
}
