import { basename } from 'node:path'
import { log } from '@atrium/platform/log'
import type { Carrier } from '../../carrier.ts'
import type { SystemDefinition } from '../../configuration.ts'
import { UpstreamError } from '../../types.ts'
import { type HttpAnswer, type HttpCall, MappingFault } from '../protocol.ts'
import type { FileSettings, TableSettings } from './configuration.ts'
import { FileFault, type RowFault } from './fault.ts'
import { Folder, type Found, fingerprint } from './folder.ts'
import { LoadedFile, Refused } from './loaded.ts'
import type { Asked } from './worker.ts'

/** A call to this address is answered by the names of the columns. */
export const shapesAddress = 'files:shapes'
export const readAddress = 'files:read'

/** What the carrier of files answers: the answer, and the rows that were left out of a file that was read just now. */
export interface FileAnswer {
  answer: unknown
  columns: readonly string[]
  file: string
  at: Date
  faults: readonly RowFault[]
}

export interface FileCall extends Omit<Asked, 'id'> {
  table: string
}

interface Drop {
  settings: TableSettings
  folder: Folder
  current: LoadedFile | undefined
  print: string | undefined
  /** a state of a file that could not be read is not tried again */
  failed: Set<string>
  fault: string | undefined
  looking: Promise<void> | undefined
  /** columns that were asked for: a file without them is not what the one before was */
  asked: Set<string>
  /** told with the next answer */
  untold: readonly RowFault[]
}

/**
 * The way to a folder into which a system puts its data: the newest complete file of each table is read by a thread and
 * answers until a newer one was read whole.
 * @throws MappingFault when systems.yaml does not say where the folder is
 */
export function createFileCarrier(id: string, definition: SystemDefinition): Carrier {
  const { files } = definition
  if (!files) throw new MappingFault(`${id}: a system of files needs "files", which says where they are`)
  const logger = log('gateway')
  const drops = new Map<string, Drop>(
    Object.entries(files.tables).map(([name, settings]) => [name, newDrop(files, settings)]),
  )
  let polling: NodeJS.Timeout | undefined
  let closed = false

  function look(drop: Drop): Promise<void> {
    drop.looking ??= refresh(drop).finally(() => {
      drop.looking = undefined
    })
    return drop.looking
  }

  async function refresh(drop: Drop): Promise<void> {
    let found: Found[]
    try {
      found = await drop.folder.complete()
    } catch (error) {
      fail(drop, `the folder cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)
      return
    }
    if (drop.current?.gone) forget(drop)
    for (const one of found) {
      const print = fingerprint(one)
      if (print === drop.print) return
      if (drop.failed.has(print)) continue
      // Only the newest takes the place of one that is served; older ones are for when there is none.
      if (drop.current && one.mtimeMs < drop.current.at.getTime()) return
      if (await take(drop, one, print)) return
    }
  }

  async function take(drop: Drop, one: Found, print: string): Promise<boolean> {
    const { tables: _, ...told } = files as FileSettings
    const settings = { ...told, timeZone: told.timeZone ?? definition.zone }
    try {
      const loaded = await LoadedFile.read({ ...one, table: drop.settings, settings })
      if (closed) {
        await loaded.end()
        return true
      }
      const lacking = drop.current && [...drop.asked].find(name => !loaded.columns.includes(name))
      if (lacking !== undefined) {
        await loaded.end()
        throw new FileFault(`the file has no column ${lacking}, which the one before had`)
      }
      drop.current?.leave()
      Object.assign(drop, { current: loaded, print, fault: undefined, untold: loaded.faults } satisfies Partial<Drop>)
      const { rows, faultCount, path } = loaded
      logger.info({ system: id, file: basename(path), rows, leftOut: faultCount }, 'a file was read')
      return true
    } catch (error) {
      const reason = error instanceof FileFault ? error.message : 'the file cannot be read'
      if (drop.failed.size > 1000) drop.failed.clear()
      drop.failed.add(print)
      fail(drop, `${basename(one.path)}: ${reason}`)
      return false
    }
  }

  function fail(drop: Drop, fault: string): void {
    if (drop.fault !== fault)
      logger.warn({ system: id, fault, serving: drop.current && basename(drop.current.path) }, 'a file is not used')
    drop.fault = fault
  }

  function forget(drop: Drop): void {
    drop.current = undefined
    drop.print = undefined
  }

  function poll(): void {
    if (polling || closed) return
    polling = setInterval(
      () => {
        for (const drop of drops.values()) void look(drop)
      },
      (files as FileSettings).pollMs,
    ).unref()
  }

  async function loadedOf(drop: Drop): Promise<LoadedFile> {
    if (!drop.current || drop.current.gone) await look(drop)
    if (drop.current) return drop.current
    const why = drop.fault ?? `no complete file ${drop.settings.files} is there`
    throw new UpstreamError('UPSTREAM_UNAVAILABLE', id, why, { outcome: 'not_sent' })
  }

  async function shapes(): Promise<HttpAnswer> {
    await Promise.all([...drops.values()].map(look))
    const tables = [...drops].map(([name, { current }]) => [name, current ? [...current.columns] : null] as const)
    const faults = [...drops.values()].flatMap(({ fault }) => fault ?? [])
    if (tables.every(([, columns]) => columns === null))
      throw new UpstreamError('UPSTREAM_UNAVAILABLE', id, faults[0] ?? 'no complete file is there', {
        outcome: 'not_sent',
      })
    return {
      status: 200,
      contentType: 'application/json',
      body: JSON.stringify({ tables: Object.fromEntries(tables) }),
    }
  }

  async function read({ table, ...question }: FileCall): Promise<HttpAnswer> {
    const drop = drops.get(table)
    if (!drop)
      throw new UpstreamError('UPSTREAM_REFUSED', id, `has no table ${table}`, {
        outcome: 'not_sent',
        retryable: false,
      })
    const loaded = await loadedOf(drop)
    const answer = await loaded.ask(question).catch((error: unknown) => {
      const refused = error instanceof Refused
      throw new UpstreamError(refused ? 'UPSTREAM_REFUSED' : 'UPSTREAM_UNAVAILABLE', id, (error as Error).message, {
        outcome: 'refused',
        retryable: !refused,
      })
    })
    const { columns, path, at } = loaded
    for (const name of namesAsked(question)) if (columns.includes(name)) drop.asked.add(name)
    const value: FileAnswer = { answer, columns, file: basename(path), at, faults: drop.untold }
    drop.untold = []
    return { status: 200, contentType: '', body: '', value }
  }

  return {
    async send(call: HttpCall, deadline: number, signal?: AbortSignal) {
      poll()
      const work = call.url === shapesAddress ? shapes() : read(JSON.parse(call.body ?? '') as FileCall)
      return await inTime(id, work, deadline, signal)
    },
    async close() {
      closed = true
      clearInterval(polling)
      await Promise.all([...drops.values()].map(({ current }) => current?.end()))
    },
  }
}

function newDrop(files: FileSettings, settings: TableSettings): Drop {
  const folder = new Folder(files.directory, settings, files.settleMs)
  return {
    settings,
    folder,
    current: undefined,
    print: undefined,
    failed: new Set(),
    fault: undefined,
    looking: undefined,
    asked: new Set(),
    untold: [],
  }
}

function namesAsked({ page, together, sums }: Omit<Asked, 'id'>): readonly string[] {
  if (sums) return [...sums.by, ...Object.values(sums.sum)]
  return (together?.[0] ?? page)?.select ?? []
}

// Reading a file goes on when nobody waits for it any more: the next question wants it too.
async function inTime<T>(
  system: string,
  work: Promise<T>,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  let leave = (): void => {}
  const late = new Promise<never>((_, reject) => {
    leave = () => reject(new UpstreamError('UPSTREAM_TIMEOUT', system, 'did not answer before the deadline'))
    timer = setTimeout(leave, Math.max(0, deadline - Date.now()))
    signal?.addEventListener('abort', leave)
  })
  work.catch(() => {})
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', leave)
  }
}
