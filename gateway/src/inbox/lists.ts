import { now } from '@atrium/platform/clock'
import { sql } from 'kysely'
import type { CloudEvent } from './cloudevent.ts'
import { planEvent, type Rules } from './rules/plan.ts'
import type { ListRule } from './rules/schema.ts'
import { at } from './rules/template.ts'
import type { Taker } from './take.ts'
import { noteSuccess, startTurns, type TurnParts, takeTurn } from './turns.ts'

/** Reads every record of a type that fulfils the arguments, by the names of its fields. */
export type ReadList = (
  system: string,
  type: string,
  args: Record<string, string | number | boolean | readonly string[]>,
) => Promise<Record<string, unknown>[]>

export interface ListParts extends TurnParts {
  rules: Rules
  taker: Taker
  read: ReadList
}

const longestPauseMs = 600_000

/**
 * Follows what waits in systems that tell no events at all: a list is read again and again, what is new in it is an event,
 * and so is what is in it no longer. One gateway at a time does it.
 */
export function startLists(parts: ListParts): { stop(): Promise<void> } {
  const workers = Object.entries(parts.rules.file.sources).flatMap(([source, { system, list }]) => {
    if (!list) return []
    const known = new Set<string>()
    return startTurns(parts, { name: `inbox.list.${system}`, system, everyMs: list.everyMs }, () =>
      lookOnce(parts, source, system, list, known),
    )
  })
  return {
    stop: async () => {
      await Promise.all(workers.map(worker => worker.stop()))
    },
  }
}

/**
 * One turn. A system that could not be read lately is left alone for a while, and nothing is taken for gone.
 * @param known events that this process has taken: they need not be taken again
 */
export async function lookOnce(
  parts: ListParts,
  source: string,
  system: string,
  list: ListRule,
  known: Set<string>,
): Promise<void> {
  const { rules, taker } = parts
  await takeTurn(parts, { system, everyMs: list.everyMs, longestPauseMs }, async () => {
    const records = await parts.read(system, list.type, list.where)
    const here = records.flatMap(record => eventOf(rules, source, list, record) ?? [])
    await Promise.all(
      here.filter(event => !known.has(event.id)).map(async event => void (await taker.take(planEvent(rules, event)))),
    )
    known.clear()
    for (const event of here) known.add(event.id)
    const subjects = new Set(here.map(event => event.subject))
    for (const gone of await vanished(parts, system, list, subjects))
      await taker.take(planEvent(rules, goneEvent(source, list, gone)))
    await noteSuccess(parts.db, system)
  })
}

type Open = { id: string; at: Date }

/** Objects of open messages that the list does not hold any more, asked for once more: a page may have shifted meanwhile. */
async function vanished(
  parts: ListParts,
  system: string,
  list: ListRule,
  here: ReadonlySet<string | undefined>,
): Promise<Open[]> {
  const subjectType = parts.rules.file.events[list.event.type]?.subject?.type
  if (subjectType === undefined) return []
  const { rows } = await sql<Open>`
    select subject_id as id, max(created_at) as at from inbox_message
    where system = ${system} and subject_type = ${subjectType} and closed_at is null group by subject_id`.execute(
    parts.db,
  )
  const missing = rows.filter(row => !here.has(row.id))
  if (missing.length === 0) return []
  const again = await parts.read(system, list.type, { ...list.where, [list.key]: missing.map(row => row.id) })
  const found = new Set(again.map(record => String(record[list.key])))
  return missing.filter(row => !found.has(row.id))
}

function eventOf(
  rules: Rules,
  source: string,
  list: ListRule,
  record: Record<string, unknown>,
): CloudEvent | undefined {
  const id = list.event.id.render(record, 'zh', rules.words)
  const subject = at(record, list.key)
  if (id === null || subject === undefined || subject === null) return undefined
  const time = new Date(String(at(record, list.event.time) ?? ''))
  return {
    specversion: '1.0',
    source,
    id,
    type: list.event.type,
    subject: String(subject),
    time: (Number.isNaN(time.getTime()) ? now() : time).toISOString(),
    data: record,
  }
}

function goneEvent(source: string, list: ListRule, gone: Open): CloudEvent {
  // Later than what it ends, whatever the clock of the system says.
  const time = new Date(Math.max(now().getTime(), new Date(gone.at).getTime() + 1)).toISOString()
  return {
    specversion: '1.0',
    source,
    id: `${gone.id} gone ${new Date(gone.at).toISOString()}`,
    type: list.gone,
    subject: gone.id,
    time,
    data: { [list.key]: gone.id },
  }
}
