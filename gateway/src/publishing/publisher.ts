import { audit } from '@atrium/platform/audit'
import type { Kysely } from 'kysely'
import { inSlices } from '../schema/slices.ts'
import { comparing, type SchemaChange } from './difference.ts'
import { buildEdition, type Edition, type EditionParts } from './edition.ts'
import type { Entry, Fault } from './entry.ts'
import { faultOf, faultsIn, Refused } from './faults.ts'
import { type Ground, layGround } from './ground.ts'
import { type Change, overlayAt, RevisionConflict, writeRevision } from './revisions.ts'
import type { Running } from './running.ts'
import type { Published } from './source.ts'
import type { Author, PublishingTables } from './tables.ts'

/** How an attempt to publish ended. */
export interface Publication {
  outcome: 'PUBLISHED' | 'UNCHANGED' | 'REFUSED' | 'CONFLICT'
  /** the latest revision after it */
  revision: number
  faults: readonly Fault[]
  changes: readonly SchemaChange[]
}

/** What a text would do if it were published. */
export interface Verdict {
  faults: Fault[]
  changes: SchemaChange[]
  /** absent when it does not get so far */
  ground?: Ground
  entry: Entry
}

interface Wanted {
  action: string
  target: string
  author: Author
  comment: string
  expected: number
  rolledBackTo?: number
}

/** Publishes: everything is built and checked beside what runs, written as a revision, and put in its place. */
export class Publisher {
  #running: Running
  #parts: EditionParts

  constructor(running: Running, parts: EditionParts) {
    this.#running = running
    this.#parts = parts
  }

  /**
   * Reads, builds and compares, and keeps nothing. `look` may use what was built until it returns.
   * @param whole also builds the graph, compares operations and widgets with it, and tells what would change
   */
  async check<T>(id: string, yaml: string, look: (verdict: Verdict) => T | Promise<T>, whole = true): Promise<T> {
    return await this.#running.alone(async () => {
      const { source, registry } = this.#running
      const published = await source.published()
      const entry = await source.check(id, yaml, published.secrets)
      const faults = [...entry.faults]
      if (!entry.definition) return await look({ faults, changes: [], entry })
      const overlay = laidOver(published.overlay, id, { state: 'yaml', yaml, revision: published.revision + 1 })
      let ground: Ground | undefined
      try {
        ground = await this.#lay({ ...published, overlay }, published.revision + 1)
        if (!whole) return await look({ faults, changes: [], ground, entry })
        try {
          await buildEdition(ground, this.#parts)
        } catch (error) {
          faults.push(...(faultsIn(error, id, entry) ?? thrown(error)))
        }
        const changes = await inSlices(comparing(this.#running.edition.ground, ground, [id]))
        return await look({ faults, changes, ground, entry })
      } catch (error) {
        if (ground) throw error
        faults.push(...(faultsIn(error, id, entry) ?? thrown(error)))
        return await look({ faults, changes: [], entry })
      } finally {
        if (ground) await registry.discard(ground.attached)
      }
    })
  }

  async publish(id: string, yaml: string, wanted: Omit<Wanted, 'action' | 'target'>): Promise<Publication> {
    return await this.#publish({ ...wanted, action: 'system.published', target: id }, async published => {
      const entry = await this.#running.source.check(id, yaml, published.secrets)
      if (!entry.definition) throw new Refused(entry.faults)
      const before = await this.#textOf(published, id)
      return { changes: before === yaml ? [] : [{ system: id, state: 'yaml', yaml }], id, entry }
    })
  }

  async remove(id: string, wanted: Omit<Wanted, 'action' | 'target'>): Promise<Publication> {
    return await this.#publish({ ...wanted, action: 'system.removed', target: id }, async published => {
      const there = (await this.#textOf(published, id)) !== null
      return { changes: there ? [{ system: id, state: 'removed', yaml: null }] : [], id }
    })
  }

  /** @throws Refused when there is no such revision */
  async rollBack(to: number, wanted: Omit<Wanted, 'action' | 'target'>): Promise<Publication> {
    const all = { ...wanted, action: 'system.rolledBack', target: `revision ${to}`, rolledBackTo: to }
    return await this.#publish(all, async published => {
      if (to < 0 || to > published.revision) throw new Refused([faultOf(`there is no revision ${to}`)])
      const then = await overlayAt(this.#running.tables, to)
      const changes = [...new Set([...then.keys(), ...published.overlay.keys()])].flatMap((system): Change[] => {
        const [is, was] = [published.overlay.get(system), then.get(system)]
        if (is?.revision === was?.revision) return []
        if (!was) return [{ system, state: 'file', yaml: null }]
        return [{ system, state: was.state, yaml: was.state === 'yaml' ? was.yaml : null }]
      })
      return { changes }
    })
  }

  async #publish(
    wanted: Wanted,
    decide: (published: Published) => Promise<{ changes: Change[]; id?: string; entry?: Entry }>,
  ): Promise<Publication> {
    return await this.#running.alone(async () => {
      const published = await this.#running.source.published()
      const { revision } = published
      const conflict: Publication = { outcome: 'CONFLICT', revision, faults: [], changes: [] }
      if (revision !== wanted.expected) {
        await this.#audit(wanted, 'refused', { conflict: revision })
        return conflict
      }
      let decided: Awaited<ReturnType<typeof decide>> | undefined
      let edition: Edition | undefined
      try {
        decided = await decide(published)
        const { changes } = decided
        if (changes.length === 0) return { outcome: 'UNCHANGED', revision, faults: [], changes: [] }
        const overlay = changes.reduce(applied(revision + 1), published.overlay)
        const ground = await this.#lay({ ...published, overlay }, revision + 1)
        edition = await buildEdition(ground, this.#parts).catch(async error => {
          await this.#running.registry.discard(ground.attached)
          throw error
        })
        const ids = changes.map(change => change.system)
        const difference = await inSlices(comparing(this.#running.edition.ground, ground, ids))
        const number = await this.#write(wanted, changes)
        this.#running.replace(edition, published.secretsVersion)
        return { outcome: 'PUBLISHED', revision: number, faults: [], changes: difference }
      } catch (error) {
        if (edition) await this.#running.registry.discard(edition.ground.attached)
        if (error instanceof RevisionConflict) {
          await this.#audit(wanted, 'refused', { conflict: true })
          return { ...conflict, revision: (await this.#running.source.published()).revision }
        }
        const faults = faultsIn(error, decided?.id, decided?.entry) ?? thrown(error)
        await this.#audit(wanted, 'refused', { faults: faults.slice(0, 20).map(fault => fault.message) })
        return { outcome: 'REFUSED', revision, faults, changes: [] }
      }
    })
  }

  async #lay(published: Published, revision: number): Promise<Ground> {
    const { source, registry } = this.#running
    const file = await source.resolve(published)
    const before = this.#running.ground
    return await layGround(revision, file, { configDir: source.configDir, registry, strict: true, before })
  }

  async #write(wanted: Wanted, changes: readonly Change[]): Promise<number> {
    const { author, comment, expected, rolledBackTo = null } = wanted
    return await this.#running.db.transaction().execute(async trx => {
      // Only the tables of PublishingTables are used; Kysely's type is invariant in its tables.
      const tables = trx as unknown as Kysely<PublishingTables>
      const number = await writeRevision(tables, { expected, author, comment, rolledBackTo, changes })
      const systems = changes.map(change => change.system)
      await audit(trx, { ...entryOf(wanted), outcome: 'success', detail: { revision: number, comment, systems } })
      return number
    })
  }

  async #audit(wanted: Wanted, outcome: 'refused', detail: Record<string, unknown>): Promise<void> {
    await audit(this.#running.db, { ...entryOf(wanted), outcome, detail: { ...detail, comment: wanted.comment } })
  }

  async #textOf({ overlay }: Published, id: string): Promise<string | null> {
    const one = overlay.get(id)
    if (one) return one.state === 'yaml' ? one.yaml : null
    return (await this.#running.source.texts())[id]?.yaml ?? null
  }
}

function entryOf({ author, action, target }: Wanted) {
  return { actor: author, action, target: { type: 'system', id: target } }
}

type Overlay = Published['overlay']

function laidOver(overlay: Overlay, id: string, one: NonNullable<ReturnType<Overlay['get']>>): Overlay {
  return new Map([...overlay, [id, one]])
}

function applied(revision: number): (overlay: Overlay, change: Change) => Overlay {
  return (overlay, { system, state, yaml }) => {
    if (state === 'yaml') return laidOver(overlay, system, { state, yaml: yaml ?? '', revision })
    if (state === 'removed') return laidOver(overlay, system, { state, revision })
    return new Map([...overlay].filter(([id]) => id !== system))
  }
}

function thrown(error: unknown): never {
  throw error
}
