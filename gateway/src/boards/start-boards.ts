import { EventEmitter, on } from 'node:events'
import { now } from '@atrium/platform/clock'
import { listen } from '@atrium/platform/database'
import { GraphQLError } from 'graphql'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Person, Viewer } from '../access/person.ts'
import { peopleInScope } from '../access/scope-people.ts'
import type { PeopleTables } from '../access/tables.ts'
import type { Credential, Systems } from '../systems/types.ts'
import { boardsFor, mayOpen, maySee } from './board-access.ts'
import { companyCalendar } from './company-calendar.ts'
import { type BoardDefinition, type Boards, type KpiDefinition, readBoards } from './definition.ts'
import { type KpiRowsView, readKpiRows } from './kpi-rows.ts'
import { ensureRows, type KpiRow, kpiChannel, lookAt, readHistory, readRows, subjectOf, touch } from './kpi-store.ts'
import { startKpiWorker } from './kpi-worker.ts'
import { type KpiView, presentKpi } from './present-kpi.ts'
import type { BoardTables } from './tables.ts'

// Several changes of one process in a system (an order, its items) become one reading.
const settleMs = 300
const freshSeconds = 10
const firstReadingMs = 1500

export type BoardDeps<DB extends BoardTables & PeopleTables> = {
  db: Kysely<DB>
  config: { DATABASE_URL: string; CONFIG_DIR: string }
  systems: Systems
  log: Logger
  /** instead of boards.yaml */
  boards?: Boards
}

type Language = 'zh' | 'en'
type Asker = { viewer: Viewer; language: Language }

/** The boards: definitions, their last values, and what keeps them fresh. */
export interface BoardService {
  /** Boards this person may open. */
  list(person: Person): BoardDefinition[]
  /** How the figures are made that this person may see, or all of them. */
  definitions(person: Person, all: boolean): KpiDefinition[]
  /** The figures of a board, at once, from the last reading. @throws GraphQLError FORBIDDEN, NOT_FOUND */
  kpis(board: string, asker: Asker): Promise<KpiView[]>
  /** The rows behind a figure. @throws GraphQLError FORBIDDEN, NOT_FOUND, BAD_INPUT; UpstreamError */
  rows(
    kpi: string,
    page: { first: number; after: string | null },
    asker: Asker & { credential: Credential; deadline: number },
  ): Promise<KpiRowsView>
  /** Ids of figures of a board that changed, as long as it is iterated. @throws GraphQLError FORBIDDEN, NOT_FOUND */
  changes(board: string, viewer: Viewer): AsyncIterableIterator<string>
  /** One figure as this viewer sees it; null when they may not (any more). */
  kpi(kpi: string, asker: Asker): Promise<KpiView | null>
  /** An event came in: figures it touches are read again within half a second. */
  eventArrived(event: { type: string }): void
  stop(): Promise<void>
}

/**
 * Reads boards.yaml and keeps the figures fresh.
 * @throws ConfigFileError naming every fault of the file
 */
export async function startBoards<DB extends BoardTables & PeopleTables>(deps: BoardDeps<DB>): Promise<BoardService> {
  // Only these tables are used below; Kysely's type is invariant in its tables.
  const db = deps.db as unknown as Kysely<BoardTables>
  const peopleDb = deps.db as unknown as Kysely<PeopleTables>
  const { systems, log } = deps
  const boards = deps.boards ?? (await readBoards(deps.config.CONFIG_DIR))
  // Figures of systems that are not attached are not there; which are attached may change.
  const present = new Map([...boards.kpis].filter(([, kpi]) => systems.has(kpi.system)))
  const calendar = companyCalendar(boards.zone, now)
  const changed = new EventEmitter().setMaxListeners(0)
  const byEvent = Map.groupBy(
    [...boards.kpis.values()].flatMap(kpi => kpi.events.map(type => ({ type, id: kpi.id }))),
    entry => entry.type,
  )
  const ensurePresent = (): Promise<void> =>
    ensureRows(
      db,
      [...present.values()].filter(kpi => !kpi.scoped),
      null,
    )
  await ensurePresent()

  const worker = startKpiWorker({ db, systems, boards: { ...boards, kpis: present }, calendar, log })
  const channel = listen(
    deps.config.DATABASE_URL,
    [kpiChannel],
    (_, payload) => changed.emit('kpi', ...payload.split(' ')),
    () => changed.emit('all'),
  )
  const soon = (kpis: string[], ms: number): void => {
    touch(db, kpis, ms).then(
      () => worker.nudge(ms + 10),
      error => log.warn({ err: error }, 'figures could not be marked as due; they follow at their usual interval'),
    )
  }
  const endStatus = systems.onStatus(status => {
    if (status.state === 'UP' || status.state === 'DOWN')
      soon(
        [...present.values()].filter(kpi => kpi.system === status.id).map(kpi => kpi.id),
        0,
      )
  })

  const endAttached = systems.onAttached?.(() => {
    for (const [id, kpi] of boards.kpis)
      if (systems.has(kpi.system)) present.set(id, kpi)
      else present.delete(id)
    ensurePresent().catch(error =>
      log.warn({ err: error }, 'figures of a new system wait for somebody to look at them'),
    )
  })

  const ownersOf = async (person: Person, kpi: KpiDefinition): Promise<string[] | null> => {
    if (!kpi.scoped) return null
    const scope = await peopleInScope(peopleDb, person, kpi.system)
    return scope === 'all' ? null : scope
  }
  const view = async (kpi: KpiDefinition, row: KpiRow | undefined, language: Language): Promise<KpiView> => {
    const status = systems.list().find(one => one.id === kpi.system)
    const history =
      kpi.trend && 'recorded' in kpi.trend
        ? await readHistory(db, kpi.id, row?.subject ?? '', kpi.trend.recorded.days)
        : []
    return presentKpi(kpi, row, { language, now: now(), calendar, status, history })
  }
  // A figure that was never read is waited for a moment: the first look at a new installation is then not empty.
  const firstReading = async (subject: string, waiting: Set<string>): Promise<void> => {
    const patience = AbortSignal.timeout(firstReadingMs)
    try {
      for await (const [id, of] of on(changed, 'kpi', { signal: patience })) {
        if ((of ?? '') === subject) waiting.delete(id)
        if (waiting.size === 0) return
      }
    } catch {
      // The time is over; the figure says that it has not been read yet.
    }
  }
  const current = async (kpis: KpiDefinition[], owners: string[] | null): Promise<Map<string, KpiRow>> => {
    if (kpis.length === 0) return new Map()
    const ids = kpis.map(kpi => kpi.id)
    const subject = subjectOf(owners)
    await ensureRows(db, owners === null ? kpis.filter(kpi => kpi.scoped) : kpis, owners)
    const rows = await lookAt(db, ids, subject, freshSeconds)
    const unread = new Set(rows.filter(row => row.reading === null && row.error_code === null).map(row => row.kpi))
    if (rows.some(row => row.reading === null || row.due_at <= new Date())) worker.nudge(0)
    if (unread.size === 0) return new Map(rows.map(row => [row.kpi, row]))
    await firstReading(subject, unread)
    return new Map((await readRows(db, ids, subject)).map(row => [row.kpi, row]))
  }

  const open = (id: string, viewer: Viewer): { board: BoardDefinition; person: Person } => {
    const board = boards.boards.get(id)
    if (!board)
      throw new GraphQLError(`there is no board "${id}"`, { extensions: { code: 'NOT_FOUND', retryable: false } })
    if (viewer.kind !== 'person' || !mayOpen(viewer.person, board))
      throw forbidden(`your roles do not include the board "${id}"`)
    return { board, person: viewer.person }
  }
  const see = (id: string, viewer: Viewer): { kpi: KpiDefinition; person: Person } => {
    const kpi = present.get(id)
    if (!kpi)
      throw new GraphQLError(`there is no figure "${id}"`, { extensions: { code: 'NOT_FOUND', retryable: false } })
    const reachable =
      viewer.kind === 'person' && boardsFor(viewer.person, boards).some(board => board.kpis.some(one => one.id === id))
    if (viewer.kind !== 'person' || !reachable || !maySee(viewer.person, kpi))
      throw forbidden(`your roles do not include the figure "${id}"`)
    return { kpi, person: viewer.person }
  }
  const visible = (board: BoardDefinition, person: Person): KpiDefinition[] =>
    board.kpis.filter(kpi => present.has(kpi.id) && maySee(person, kpi))

  return {
    list: person => boardsFor(person, boards),
    definitions: (person, all) =>
      all ? [...present.values()] : [...new Set(boardsFor(person, boards).flatMap(board => visible(board, person)))],
    async kpis(id, { viewer, language }) {
      const { board, person } = open(id, viewer)
      const kpis = visible(board, person)
      const owned = await Promise.all(kpis.map(async kpi => ({ kpi, owners: await ownersOf(person, kpi) })))
      const groups = Map.groupBy(owned, entry => subjectOf(entry.owners))
      const rows = new Map<string, KpiRow>()
      await Promise.all(
        [...groups.values()].map(async group => {
          for (const [kpi, row] of await current(
            group.map(entry => entry.kpi),
            group[0]?.owners ?? null,
          ))
            rows.set(kpi, row)
        }),
      )
      return await Promise.all(kpis.map(kpi => view(kpi, rows.get(kpi.id), language)))
    },
    async kpi(id, { viewer, language }) {
      const kpi = present.get(id)
      if (!kpi || viewer.kind !== 'person' || !maySee(viewer.person, kpi)) return null
      const rows = await readRows(db, [id], subjectOf(await ownersOf(viewer.person, kpi)))
      return await view(kpi, rows[0], language)
    },
    async rows(id, page, { viewer, language, credential, deadline }) {
      const { kpi, person } = see(id, viewer)
      return await readKpiRows(kpi, page, {
        systems,
        calendar,
        credential,
        deadline,
        language,
        db: peopleDb,
        owners: await ownersOf(person, kpi),
      })
    },
    changes(id, viewer) {
      const { board, person } = open(id, viewer)
      return follow(changed, visible(board, person))
    },
    eventArrived({ type }) {
      const touched = byEvent.get(type)
      if (touched)
        soon(
          touched.map(entry => entry.id).filter(id => present.has(id)),
          settleMs,
        )
    },
    async stop() {
      endStatus()
      endAttached?.()
      await worker.stop()
      await channel.stop()
      changed.emit('end')
    },
  }
}

// Not an async generator: `return()` of one that waits takes effect only when the wait is over, which for a quiet board
// would keep the listeners of every closed socket.
function follow(changed: EventEmitter, kpis: KpiDefinition[]): AsyncIterableIterator<string> {
  const ids = new Set(kpis.map(kpi => kpi.id))
  const pending = new Set<string>()
  let waiting: (() => void) | undefined
  let ended = false
  const one = (id: string): void => {
    if (!ids.has(id)) return
    pending.add(id)
    waiting?.()
  }
  // The notifications of a lost connection are gone: everything may have changed.
  const all = (): void => ids.forEach(one)
  const end = (): void => {
    ended = true
    changed.off('kpi', one).off('all', all).off('end', end)
    waiting?.()
  }
  changed.on('kpi', one).on('all', all).on('end', end)
  return {
    async next() {
      for (;;) {
        if (ended) return { done: true, value: undefined }
        for (const id of pending) {
          pending.delete(id)
          return { done: false, value: id }
        }
        await new Promise<void>(resolve => {
          waiting = resolve
        })
      }
    },
    async return() {
      end()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

function forbidden(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'FORBIDDEN', retryable: false } })
}
