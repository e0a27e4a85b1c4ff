import { listen } from '@atrium/platform/database'
import { type Kysely, type Selectable, sql } from 'kysely'
import type { Logger } from 'pino'
import { toPerson } from './people.ts'
import { peopleChannel } from './people-store.ts'
import type { Person } from './person.ts'
import type { PeopleTable, PeopleTables } from './tables.ts'

export type PeopleWatch = {
  /** The person with this id as of at most a second ago; undefined when there is none. */
  find(id: string): Promise<Person | undefined>
  /** Called with people who changed, on whichever replica the change arrived. Returns the function that ends it. */
  onChanged(listener: (people: Person[]) => void): () => void
  /** Looks for changes now. */
  check(): Promise<void>
  stop(): Promise<void>
}

/**
 * Reads people through a cache that follows the version of the table: NOTIFY says at once that there is a newer one, and
 * a look every second finds it when the notification was lost.
 */
export function watchPeople(db: Kysely<PeopleTables>, databaseUrl: string, log: Logger, everyMs = 1000): PeopleWatch {
  const cache = new Map<string, Person>()
  const listeners = new Set<(people: Person[]) => void>()
  let known: number | undefined
  let checking: Promise<void> | undefined
  let again = false

  const readChanges = async (): Promise<void> => {
    const { rows } = await sql<{ version: number }>`select version from people_sync`.execute(db)
    const version = rows[0]?.version ?? 0
    if (known === undefined || version < known) {
      cache.clear()
      known = version
      return
    }
    if (version === known) return
    const changed = await sql<Selectable<PeopleTable>>`select * from people where version > ${known}`.execute(db)
    const people = changed.rows.map(toPerson)
    for (const person of people) cache.set(person.id, person)
    known = Math.max(version, ...changed.rows.map(row => row.version))
    if (people.length > 0) tell(people)
  }
  const tell = (people: Person[]): void => {
    for (const listener of listeners) {
      try {
        listener(people)
      } catch (error) {
        log.error({ err: error }, 'a listener to changed people failed')
      }
    }
  }
  // One look at a time; a request that comes during a look causes one more, since that look may have begun too early.
  const check = (): Promise<void> => {
    if (checking) {
      again = true
      return checking
    }
    checking = (async () => {
      do {
        again = false
        await readChanges()
      } while (again)
    })().finally(() => {
      checking = undefined
    })
    return checking
  }
  const quietly = (): void => {
    check().catch(error => log.warn({ err: error }, 'the people could not be looked at; it will be tried again'))
  }
  const channel = listen(databaseUrl, [peopleChannel], quietly, quietly)
  const timer = setInterval(quietly, everyMs)

  return {
    async find(id) {
      if (known === undefined) await check()
      const cached = cache.get(id)
      if (cached) return cached
      const asOf = known
      const { rows } = await sql<Selectable<PeopleTable>>`select * from people where id = ${id}`.execute(db)
      const row = rows[0]
      if (!row) return undefined
      const person = toPerson(row)
      // A change read meanwhile has put the newer row there already.
      if (known === asOf && !cache.has(id)) cache.set(id, person)
      return cache.get(id) ?? person
    },
    onChanged(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    check,
    async stop() {
      clearInterval(timer)
      await channel.stop()
      await checking?.catch(() => {})
    },
  }
}
