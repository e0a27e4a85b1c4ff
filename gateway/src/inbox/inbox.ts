import { randomUUID } from 'node:crypto'
import { everyUnderLease } from '@atrium/platform/lease'
import { startOutbox } from '@atrium/platform/outbox'
import type Router from '@koa/router'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { People } from '../access/start-people.ts'
import type { PeopleTables } from '../access/tables.ts'
import { readConfigFile } from '../config.ts'
import type { SystemDefinition } from '../systems/configuration.ts'
import { withConnectorMessages } from '../systems/connector-messages.ts'
import type { Systems } from '../systems/types.ts'
import { carryOut } from './carry-out.ts'
import { changeMessages, snoozeTopic } from './change.ts'
import { decisionTopic } from './decide.ts'
import { startFeeds } from './feed.ts'
import { createHearing, type EventListener, tellTopic } from './hear.ts'
import { type ReadList, startLists } from './lists.ts'
import { type Live, startLive } from './live.ts'
import { countQuarantined, replay } from './quarantine.ts'
import { inboxResolvers } from './resolvers.ts'
import { startRetention } from './retention.ts'
import { eventsRouter } from './routes.ts'
import { prepareRules, type Rules } from './rules/plan.ts'
import { messagesFile } from './rules/schema.ts'
import type { InboxTables } from './tables.ts'
import { startTaking, type Taker } from './take.ts'
import { startWake, type Wake } from './wake.ts'

export { inboxTypeDefs } from './type-defs.ts'

export interface InboxDeps<DB extends InboxTables & PeopleTables> {
  db: Kysely<DB>
  config: { DATABASE_URL: string; CONFIG_DIR: string; RETRY_DELAYS?: number[] | undefined }
  systems: Systems
  /** the systems of systems.yaml: their connectors may bring rules of their own */
  definitions?: Readonly<Record<string, SystemDefinition>>
  /** reads the lists that sources are followed by */
  readList?: ReadList
  people: Pick<People, 'authenticate' | 'follow' | 'onChanged' | 'ready'>
  encryptionKey: Buffer
  log: Logger
}

/** What the parts of the inbox share. */
export interface InboxParts {
  db: Kysely<InboxTables & PeopleTables>
  systems: Systems
  people: InboxDeps<InboxTables & PeopleTables>['people']
  rules: Rules
  encryptionKey: Buffer
  wake: Wake
  taker: Taker
  live: Live
  nudge(): void
}

export interface Inbox {
  resolvers: ReturnType<typeof inboxResolvers>
  /** POST /events */
  routes: Router
  /**
   * Tells of accepted events: as a hint on every gateway, and once more for certain where the rule says `tell: true`.
   * Listeners must bear repeats. Returns the function that ends it.
   */
  onEvent(listener: EventListener): () => void
  /** The system that a source of events speaks for, by messages.yaml. */
  systemOf(source: string): string | undefined
  /** Held events and the state of polling, by system; for the page of systems. */
  status(): Promise<Map<string, { quarantined: number; freshAt: Date | null; error: string | null }>>
  stop(): Promise<void>
}

const quick = [1000, 1000, 2000, 5000, 10_000, 30_000]

/**
 * Reads messages.yaml and starts everything the inbox does by itself: decisions, snoozes, polling, retention, live updates.
 * @throws ConfigFileError naming every fault of messages.yaml
 */
export async function openInbox<DB extends InboxTables & PeopleTables>(deps: InboxDeps<DB>): Promise<Inbox> {
  const { systems, people, encryptionKey, log, config, definitions = {}, readList } = deps
  // Only the tables named are used below; Kysely's type is invariant in its tables.
  const db = deps.db as unknown as Kysely<InboxTables & PeopleTables>
  // Its transforms make the output differ from the input, which readConfigFile's parameter type does not care about.
  const rules = prepareRules(
    await readConfigFile(config.CONFIG_DIR, 'messages.yaml', messagesFile, process.env, {
      complete: document => withConnectorMessages(config.CONFIG_DIR, definitions, document),
    }),
  )
  const self = randomUUID()
  const inboxDb = db as unknown as Kysely<InboxTables>
  const wake = startWake(db, config.DATABASE_URL, self, log)
  const taker = startTaking(inboxDb, wake)
  const live = startLive(inboxDb, wake, log)
  const hearing = createHearing(inboxDb, wake, log)
  const delays = config.RETRY_DELAYS ?? quick

  const decisions = startOutbox(db, {
    topic: decisionTopic,
    concurrency: 16,
    pollMs: 500,
    // Shorter than the longest handler: what a killed gateway had taken is looked at soon, and a second handler that meets
    // a live one sees its call marked and waits.
    lockSeconds: 2 + Math.ceil(Math.max(0, ...Object.values(rules.file.decisions).map(set => set.timeoutMs)) / 1000),
    handle: item => carryOut({ db: inboxDb, systems, rules, encryptionKey, wake, log, delays }, item),
  })
  const snoozes = startOutbox(db, {
    topic: snoozeTopic,
    pollMs: 500,
    handle: async item => {
      // changeMessages wrote the payload.
      const { person, message, until } = item.payload as { person: string; message: string; until: string }
      await changeMessages(inboxDb, wake, person, [message], 'wake', new Date(until))
      return 'done'
    },
  })
  const tells = startOutbox(db, { topic: tellTopic, retryDelays: deps.config.RETRY_DELAYS, handle: hearing.deliver })
  const feeds = startFeeds({ db: inboxDb, systems, rules, taker, log, ready: people.ready })
  const lists = readList && startLists({ db: inboxDb, rules, taker, read: readList, ready: people.ready, log })
  const retention = startRetention(inboxDb, rules.file.retention, log)
  const parts: InboxParts = { db, systems, people, rules, encryptionKey, wake, taker, live, nudge: decisions.nudge }

  // Events that named somebody the directory had not told of yet are taken when it does.
  let replayedFor: number | undefined
  const replays = everyUnderLease(
    db,
    {
      name: 'inbox.replay',
      everyMs: 5000,
      onError: error => log.warn({ err: error }, 'quarantine could not be replayed'),
    },
    async () => {
      const sync = await db.selectFrom('people_sync').select('version').executeTakeFirst()
      if (!sync || sync.version === replayedFor) return
      await replay({ db: inboxDb, rules, taker }, { code: 'UNKNOWN_RECIPIENT' })
      replayedFor = sync.version
    },
  )
  const unfollow = people.onChanged(() => replays.nudge())

  return {
    resolvers: inboxResolvers(parts),
    routes: eventsRouter({ rules, taker, authenticate: people.authenticate }),
    onEvent: hearing.on,
    systemOf: source => rules.file.sources[source]?.system,
    status: async () => {
      const held = await countQuarantined(inboxDb)
      const polled = await inboxDb.selectFrom('event_feed').selectAll().execute()
      return new Map(
        Object.entries(rules.file.sources).map(([source, { system }]) => {
          const feed = polled.find(row => row.system === system)
          return [
            system,
            {
              quarantined: held.get(source) ?? 0,
              freshAt: feed?.last_success_at ?? null,
              error: feed?.last_error ?? null,
            },
          ]
        }),
      )
    },
    stop: async () => {
      unfollow()
      await Promise.all([
        replays.stop(),
        decisions.stop(),
        snoozes.stop(),
        tells.stop(),
        feeds.stop(),
        lists?.stop(),
        retention.stop(),
      ])
      await live.stop()
      await wake.stop()
    },
  }
}
