import { everyUnderLease } from '@atrium/platform/lease'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Tokens } from '../systems/types.ts'
import { authenticate, createTokenVerifier } from './authenticate.ts'
import { createDirectoryClient } from './directory-client.ts'
import { issuerKeys } from './issuer-keys.ts'
import { isServed, requestSync, type SyncDeps, synchronise, synchronisePeople } from './people-sync.ts'
import { watchPeople } from './people-watch.ts'
import type { Person, Viewer } from './person.ts'
import type { PeopleTables } from './tables.ts'
import { rememberVerified } from './verified-tokens.ts'

const fewPeople = 25

export type PeopleDeps<DB extends PeopleTables> = {
  db: Kysely<DB>
  config: { DATABASE_URL: string; ISSUER: string; DIRECTORY_URL?: string | undefined }
  tokens: Pick<Tokens, 'forService' | 'forget'>
  log: Logger
  /** how often the directory is asked for changes when no hint comes, ms */
  pollMs?: number
}

/** Everything the gateway knows and is told about people. */
export interface People {
  /** Who sends a request, by its Authorization header. @throws Unauthenticated, IssuerUnavailable */
  authenticate(authorization: string | undefined): Promise<Viewer>
  /** The person with this id as of at most a second ago, active or not. */
  find(id: string): Promise<Person | undefined>
  /** Called with people who changed, within a second on every replica. Returns the function that ends it. */
  onChanged(listener: (people: Person[]) => void): () => void
  /**
   * Follows one person for as long as a socket is open: `changed` with every new state (rights may have been withdrawn),
   * `ended` once when the account is deactivated. Returns the function that ends it.
   */
  follow(personId: string, listener: { changed?: (person: Person) => void; ended: () => void }): () => void
  /**
   * Takes a hint that the directory changed: the people named are read at once, everybody when it names none. The hint
   * itself is recorded first, so that a failure here is made good by the synchronisation.
   */
  directoryChanged(personIds: readonly string[] | null): Promise<void>
  /** Takes a hint that the issuer took a signing key back: every replica refuses what that key signed. */
  keysChanged(): Promise<void>
  /** Calls when a key is gone, so that whoever came by a token is to be asked for it again. Returns the function that ends it. */
  onKeyGone(listener: () => void): () => void
  /** Resolves when the table has been filled once; for readiness. @throws Error saying why it has not */
  ready(): Promise<void>
  stop(): Promise<void>
}

/** Starts the synchronisation of the table `people` and the watch over it. */
export function startPeople<DB extends PeopleTables>(deps: PeopleDeps<DB>): People {
  // Only the tables of PeopleTables are used below; Kysely's type is invariant in its tables.
  const db = deps.db as unknown as Kysely<PeopleTables>
  const { config, tokens, log } = deps
  const pollMs = deps.pollMs ?? 30_000
  const base = config.DIRECTORY_URL ?? new URL('/scim/v2', config.ISSUER).href
  const sync: SyncDeps = {
    db,
    log,
    directory: createDirectoryClient(base, () => tokens.forService('urn:atrium:api', 'scim:read')),
  }
  const watch = watchPeople(db, config.DATABASE_URL, log)
  const keys = issuerKeys(db, { issuer: config.ISSUER, databaseUrl: config.DATABASE_URL, log })
  const verify = rememberVerified(createTokenVerifier(config.ISSUER, keys.find))
  // What the gateway itself was given may be signed by that key too.
  keys.onGone(() => {
    verify.forget()
    tokens.forget()
  })
  watch.onChanged(people => {
    for (const person of people) tokens.forget(person.id)
  })

  let started = false
  let lastRun = 0
  let retryAfter = 0
  const worker = everyUnderLease(
    db,
    {
      name: 'people-sync',
      everyMs: 1000,
      onError: error => log.warn({ err: error }, 'the directory could not be read; it will be tried again'),
    },
    async () => {
      const now = Date.now()
      const due = !started || now - lastRun >= pollMs || (await hasOutstandingHint(db))
      if (!due || now < retryAfter) return
      try {
        await synchronise(sync, { full: !started })
        started = true
        lastRun = Date.now()
        retryAfter = 0
      } catch (error) {
        retryAfter = Date.now() + 1500
        throw error
      }
      await watch.check()
    },
  )

  return {
    authenticate: authorization => authenticate(authorization, { verify, findPerson: watch.find }),
    find: watch.find,
    onChanged: watch.onChanged,
    follow(personId, listener) {
      const end = watch.onChanged(people => {
        const person = people.find(one => one.id === personId)
        if (!person) return
        if (person.active) return listener.changed?.(person)
        end()
        listener.ended()
      })
      // The account may have been deactivated between the caller's authentication and now.
      watch.find(personId).then(
        person => {
          if (person?.active) return
          end()
          listener.ended()
        },
        error => log.warn({ err: error }, 'a person could not be looked at'),
      )
      return end
    },
    async directoryChanged(personIds) {
      const few = personIds !== null && personIds.length <= fewPeople
      await requestSync(db, !few)
      try {
        if (few) {
          await synchronisePeople(sync, personIds)
          await watch.check()
        }
      } catch (error) {
        log.warn({ err: error }, 'a hint of the directory could not be followed at once; the synchronisation will')
      }
      worker.nudge()
    },
    keysChanged: keys.look,
    onKeyGone: keys.onGone,
    async ready() {
      const row = await db.selectFrom('people_sync').select(['ok_at', 'error']).executeTakeFirst()
      if (!row?.ok_at) throw new Error(row?.error ?? 'the directory has not been read yet')
    },
    async stop() {
      await worker.stop()
      await keys.stop()
      await watch.stop()
    },
  }
}

async function hasOutstandingHint(db: Kysely<PeopleTables>): Promise<boolean> {
  const row = await db.selectFrom('people_sync').select('wanted').executeTakeFirst()
  return row !== undefined && !(await isServed(db, row.wanted))
}
