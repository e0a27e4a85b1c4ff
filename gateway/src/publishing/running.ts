import { listen } from '@atrium/platform/database'
import { metrics } from '@atrium/platform/http'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { Gauge } from 'prom-client'
import type { Database } from '../database/schema.ts'
import { EditionShelf } from '../schema/editions.ts'
import type { EndpointDeps } from '../schema/endpoint.ts'
import type { Attachment } from '../systems/attachment.ts'
import type { Registry } from '../systems/registry.ts'
import { buildEdition, type Edition, type EditionParts } from './edition.ts'
import { faultsIn } from './faults.ts'
import { type Ground, layGround } from './ground.ts'
import { publishingChannel } from './revisions.ts'
import type { Published, SystemsSource } from './source.ts'
import type { PublishingTables } from './tables.ts'

/** whoever began with an edition may go on with it so long after it was replaced */
const drainMs = 600_000
/** longer than any call to a system takes that may still be under way */
const callsHaveEndedMs = 60_000
const pollMs = 5000
/** revisions tried when the latest does not build at start, before systems.yaml alone */
const mostSteps = 5

const revisionGauge =
  (metrics.getSingleMetric('systems_revision') as Gauge | undefined) ??
  new Gauge({
    name: 'systems_revision',
    help: 'Revision of the systems that runs here, and the latest one published: they differ when it could not be taken',
    labelNames: ['which'],
    registers: [metrics],
  })

export interface RunningDeps {
  db: Kysely<Database>
  databaseUrl: string
  source: SystemsSource
  registry: Registry
  log: Logger
}

/** What runs here: one edition at a time, and behind it the latest revision in the database, which it follows. */
export class Running {
  readonly db: Kysely<Database>
  /** the same, as the tables of publishing alone: Kysely's type is invariant in its tables */
  readonly tables: Kysely<PublishingTables>
  readonly source: SystemsSource
  readonly registry: Registry
  #deps: RunningDeps
  #log: Logger
  #edition: Edition | undefined
  #shelf: EditionShelf<EndpointDeps> | undefined
  #secretsVersion: string
  #latest: number
  #fault: string | null = null
  /** by how many editions each attachment is used, and what each edition began with */
  #uses = new Map<Attachment, number>()
  #parts = new WeakMap<Ground, Attachment[]>()
  #last: Promise<unknown> = Promise.resolve()
  #ends: (() => Promise<void> | void)[] = []
  #listeners = new Set<(ground: Ground) => void>()
  #firstGround: Ground
  #refused = 0
  #refusedAt = 0

  private constructor(deps: RunningDeps, ground: Ground, published: Published, fault: string | null) {
    this.#deps = deps
    this.db = deps.db
    this.tables = deps.db as unknown as Kysely<PublishingTables>
    this.source = deps.source
    this.registry = deps.registry
    this.#log = deps.log
    this.#firstGround = ground
    this.#secretsVersion = published.secretsVersion
    this.#latest = published.revision
    this.#fault = fault
  }

  /**
   * Connects the systems of the latest revision; of the newest before it that still fits when it does not.
   * @throws what is wrong with systems.yaml when not even that fits
   */
  static async open(deps: RunningDeps): Promise<Running> {
    const published = await deps.source.published()
    const { ground, fault } = await standing(deps, published, published.revision)
    deps.registry.adopt(ground.attached)
    await deps.registry.start()
    return new Running(deps, ground, published, fault)
  }

  /** The systems and the dictionary that run. */
  get ground(): Ground {
    return this.#edition?.ground ?? this.#firstGround
  }

  get edition(): Edition {
    if (!this.#edition) throw new Error('no edition runs yet')
    return this.#edition
  }

  get state() {
    const { revision } = this.ground
    return {
      revision,
      latest: Math.max(this.#latest, revision),
      since: this.#edition?.since ?? new Date(),
      fault: this.#fault,
      systems: this.ground.attached.ids.length,
      editions: this.#shelf?.count ?? 1,
    }
  }

  /** Called with each ground that begins to run. */
  onGround(listener: (ground: Ground) => void): void {
    this.#listeners.add(listener)
  }

  /** Builds the first edition, and follows the database from now on. @throws as the checks of systems.yaml do */
  async start(parts: EditionParts): Promise<EditionShelf<EndpointDeps>> {
    const edition = await this.#first(parts)
    this.#edition = edition
    this.#use(edition.ground, 1)
    const shelf = new EditionShelf(edition.endpoint, drainMs)
    this.#shelf = shelf
    this.#tell()
    const follow = (): void => {
      this.alone(() => this.#follow(parts)).catch(error =>
        this.#log.warn({ err: error }, 'the database was not asked for a new revision; it is asked again'),
      )
    }
    const channel = listen(this.#deps.databaseUrl, [publishingChannel], follow, follow)
    const timer = setInterval(follow, pollMs).unref()
    this.#ends.push(
      () => clearInterval(timer),
      () => channel.stop(),
    )
    return shelf
  }

  /** One builds at a time: two would need twice the memory, and the second would not know of the first. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work)
    this.#last = turn.catch(() => {})
    return await turn
  }

  /** Puts an edition in the place of the one that runs. */
  replace(edition: Edition, secretsVersion: string): void {
    const former = this.edition
    this.registry.adopt(edition.ground.attached)
    this.#use(edition.ground, 1)
    this.#edition = edition
    this.#firstGround = edition.ground // else the first one would be kept for ever
    this.#secretsVersion = secretsVersion
    this.#latest = Math.max(this.#latest, edition.ground.revision)
    this.#fault = null
    this.#shelf?.replace(edition.endpoint, () => this.#use(former.ground, -1))
    for (const listener of this.#listeners) listener(edition.ground)
    this.#tell()
    this.#log.info({ revision: edition.ground.revision }, 'a revision of the systems runs')
  }

  /** Connects systems anew whose secrets changed. */
  async renewSecrets(): Promise<void> {
    const published = await this.source.published(this.ground.revision)
    const file = await this.source.resolve(published)
    for (const [id, definition] of Object.entries(file.systems)) {
      if (this.ground.file.systems[id] === definition || !this.registry.has(id)) continue
      this.ground.file.systems[id] = definition
      await this.registry.replace(id, definition)
      this.#log.info({ system: id }, 'a system was connected anew with a new secret')
    }
    this.#secretsVersion = published.secretsVersion
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#ends.map(end => end()))
    await this.#last
    await Promise.all([...this.#uses.keys()].map(one => one.connector.close()))
    await this.source.close()
  }

  async #first(parts: EditionParts): Promise<Edition> {
    for (;;) {
      const { revision } = this.#firstGround
      try {
        return await buildEdition(this.#firstGround, parts)
      } catch (error) {
        const faults = faultsIn(error)
        if (!faults || revision === 0) throw error
        const told = this.#refuse(revision, error as Error)
        const { ground } = await standing(this.#deps, await this.source.published(), revision - 1)
        this.#firstGround = ground
        this.#fault = told
        this.registry.adopt(ground.attached)
        for (const listener of this.#listeners) listener(ground)
      }
    }
  }

  async #follow(parts: EditionParts): Promise<void> {
    const published = await this.source.published()
    this.#latest = published.revision
    if (published.revision === this.ground.revision) {
      if (published.secretsVersion !== this.#secretsVersion) await this.renewSecrets()
      return
    }
    // What did not fit a minute ago will hardly fit now.
    if (this.#fault !== null && Date.now() - this.#refusedAt < 60_000 && this.#refused === published.revision) return
    try {
      const file = await this.source.resolve(published)
      const { registry, source } = this
      const options = { configDir: source.configDir, registry, strict: false, before: this.ground }
      const ground = await layGround(published.revision, file, options)
      const edition = await buildEdition(ground, parts).catch(async error => {
        await registry.discard(ground.attached)
        throw error
      })
      this.replace(edition, published.secretsVersion)
    } catch (error) {
      if (!faultsIn(error)) throw error
      this.#fault = this.#refuse(published.revision, error as Error)
      this.#tell()
    }
  }

  #refuse(revision: number, error: Error): string {
    this.#refused = revision
    this.#refusedAt = Date.now()
    this.#log.error({ err: error, revision }, 'a published revision of the systems does not build here')
    return `${revision}: ${error.message.slice(0, 1000)}`
  }

  /** Says in the metrics and at each system whether the latest revision runs. */
  #tell(): void {
    const { revision, latest, fault } = this.state
    revisionGauge.set({ which: 'running' }, revision)
    revisionGauge.set({ which: 'latest' }, latest)
    const notice = fault
      ? {
          zh: `已发布的第 ${latest} 版配置在这里无法生效，仍按第 ${revision} 版运行`,
          en: `Revision ${latest} of the systems was published but does not build here; revision ${revision} runs`,
        }
      : null
    for (const id of this.ground.attached.ids) this.ground.attached.get(id).notice = notice
  }

  #use(ground: Ground, by: 1 | -1): void {
    const { attached } = ground
    const parts = this.#parts.get(ground) ?? attached.ids.map(id => attached.get(id))
    this.#parts.set(ground, parts)
    for (const one of parts) {
      const uses = (this.#uses.get(one) ?? 0) + by
      if (uses > 0) this.#uses.set(one, uses)
      else {
        this.#uses.delete(one)
        one.retire(callsHaveEndedMs)
      }
    }
  }
}

/** The newest ground from a revision on backwards that can be laid, and why the first could not. */
async function standing(
  deps: RunningDeps,
  latest: Published,
  from: number,
): Promise<{ ground: Ground; fault: string | null }> {
  const { source, registry, log } = deps
  let fault: string | null = null
  const lowest = Math.max(1, from - mostSteps + 1)
  const tries = [...Array.from({ length: from - lowest + 1 }, (_, index) => from - index), 0]
  for (const revision of tries) {
    try {
      const published = revision === latest.revision ? latest : await source.published(revision)
      const file = await source.resolve(published)
      return {
        ground: await layGround(revision, file, { configDir: source.configDir, registry, strict: false }),
        fault,
      }
    } catch (error) {
      if (revision === 0 || !faultsIn(error)) throw error
      log.error(
        { err: error, revision },
        'a published revision of the systems does not build here; one before it is tried',
      )
      fault ??= `${revision}: ${(error as Error).message.slice(0, 1000)}`
    }
  }
  throw new Error('systems.yaml itself was tried last')
}
