import { log } from '@atrium/platform/log'
import type { Carrier } from '../../carrier.ts'
import type { SystemDefinition } from '../../configuration.ts'
import { type UpstreamCode, UpstreamError } from '../../types.ts'
import { type HttpAnswer, type HttpCall, MappingFault } from '../protocol.ts'
import { makeCatalog } from './catalog.ts'
import { readAddress, sqlSettings } from './configuration.ts'
import type { SqlAnswer } from './describe.ts'
import { mysqlDriver } from './mysql.ts'
import { SessionPool } from './pool.ts'
import { postgresqlDriver } from './postgresql.ts'
import { DatabaseFault, type Driver, type FaultKind, type Session } from './session.ts'
import type { Plan, Statement } from './statement.ts'

/** A call to this address is answered by the description of the database. */
export const catalogAddress = 'sql:catalog'

/**
 * The way to a database: statements are carried out on sessions that cannot write, with values as parameters.
 * @throws MappingFault when systems.yaml does not say where the database is
 */
export function createSqlCarrier(id: string, definition: SystemDefinition): Carrier {
  const { limits, authentication } = definition
  const settings = definition.sql ?? sqlSettings.parse({})
  const driver = driverOf(id, definition)
  const pool = new SessionPool(driver, limits.concurrent)
  const logger = log('gateway')
  if (authentication.kind !== 'basic' && authentication.kind !== 'none')
    throw new MappingFault(`${id}: a database is signed in to by user and password: authentication of kind basic`)

  /** What `work` gives, or an error at the deadline; then the server is told to stop. */
  async function onSession<T>({ deadline, signal, bytes }: Bounds, work: (session: Session) => Promise<T>): Promise<T> {
    const session = await pool.take(deadline).catch((error: unknown) => {
      throw explain(id, error, 'not_sent')
    })
    let timer: NodeJS.Timeout | undefined
    let aborted = (): void => {}
    const ended = new Promise<never>((_, reject) => {
      const late = new UpstreamError('UPSTREAM_TIMEOUT', id, 'did not answer before the deadline')
      timer = setTimeout(() => reject(late), Math.max(0, deadline - Date.now()))
      session.allow(bytes, () => reject(tooLong(id, bytes)))
      aborted = () => reject(new UpstreamError('UPSTREAM_TIMEOUT', id, 'was not waited for'))
      if (signal?.aborted) aborted()
      signal?.addEventListener('abort', aborted)
    })
    const working = work(session)
    try {
      const result = await Promise.race([working, ended])
      pool.giveBack(session)
      return result
    } catch (error) {
      working.catch(() => {})
      if (error instanceof DatabaseFault && error.kind !== 'lost' && session.alive) pool.giveBack(session)
      else if (error instanceof UpstreamError) void abandon(session)
      else pool.discard(session)
      throw explain(id, error, 'unknown')
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', aborted)
    }
  }

  // The connection is not used again: the order to stop must not meet another's statement.
  async function abandon(session: Session): Promise<void> {
    try {
      await session.cancel()
    } catch {
      logger.warn({ system: id }, 'a statement that nobody waits for could not be cancelled; the server ends it itself')
    } finally {
      pool.discard(session)
    }
  }

  async function catalog(bounds: Bounds): Promise<HttpAnswer> {
    const schemas = settings.schemas.length > 0 ? settings.schemas : [driver.schema]
    const { statement, read } = driver.catalog(schemas)
    const rows = await onSession(bounds, session => session.run(statement, left(bounds)))
    const document = makeCatalog(driver.server, schemas[0] as string, rows.map(read), settings.tables)
    const body = JSON.stringify(document)
    if (body.length > bounds.bytes)
      throw new UpstreamError(
        'UPSTREAM_BAD_ANSWER',
        id,
        'has too many tables to be described; name those wanted in sql.tables',
        {
          retryable: false,
        },
      )
    return { status: 200, contentType: 'application/json', body }
  }

  async function query(plan: Plan, bounds: Bounds): Promise<HttpAnswer> {
    const value = await onSession(bounds, async (session): Promise<SqlAnswer> => {
      const run = (statement: Statement): Promise<unknown[][]> => session.run(statement, left(bounds))
      const [page, counting] = plan.statements as [Statement, Statement?]
      const rows = await run(page)
      return { plan, results: counting && mustCount(plan, rows.length) ? [rows, await run(counting)] : [rows] }
    })
    return { status: 200, contentType: '', body: '', value }
  }

  return {
    async send(call: HttpCall, deadline: number, signal?: AbortSignal) {
      if (deadline <= Date.now())
        throw new UpstreamError('UPSTREAM_TIMEOUT', id, 'no time was left for the call', { outcome: 'not_sent' })
      const bounds = { deadline, signal, bytes: call.maxBytes ?? limits.maxBytes }
      if (call.url === catalogAddress) return await catalog(bounds)
      return await query(JSON.parse(call.body ?? '') as Plan, bounds)
    },
    async close() {
      pool.close()
    },
  }
}

interface Bounds {
  deadline: number
  signal: AbortSignal | undefined
  bytes: number
}

function left({ deadline }: Bounds): number {
  return Math.max(1, deadline - Date.now())
}

// A page that is not full is the last one: the rows before it and its own are all there are.
function mustCount({ counts }: Plan, rows: number): boolean {
  if (!counts) return false
  return rows >= counts.limit || (rows === 0 && counts.offset > 0)
}

function driverOf(id: string, definition: SystemDefinition): Driver {
  const { authentication } = definition
  const { tls } = definition.sql ?? sqlSettings.parse({})
  const user = authentication.kind === 'basic' ? authentication : undefined
  try {
    const address = readAddress(definition.endpoint)
    return address.server === 'mysql' ? mysqlDriver(address, user, tls) : postgresqlDriver(address, user, tls)
  } catch (error) {
    throw new MappingFault(`${id} ${(error as Error).message}`)
  }
}

const codes: Record<FaultKind, { code: UpstreamCode; retryable: boolean }> = {
  unreachable: { code: 'UPSTREAM_UNAVAILABLE', retryable: true },
  untrusted: { code: 'UPSTREAM_UNTRUSTED', retryable: false },
  lost: { code: 'UPSTREAM_UNAVAILABLE', retryable: true },
  busy: { code: 'UPSTREAM_UNAVAILABLE', retryable: true },
  unauthenticated: { code: 'UPSTREAM_UNAUTHENTICATED', retryable: false },
  forbidden: { code: 'UPSTREAM_REFUSED', retryable: false },
  late: { code: 'UPSTREAM_TIMEOUT', retryable: true },
  changed: { code: 'UPSTREAM_BAD_ANSWER', retryable: false },
  unexpected: { code: 'UPSTREAM_BAD_ANSWER', retryable: false },
}

// The driver's own error is left behind: it holds the statement and what the server said of values.
function explain(system: string, error: unknown, outcome: 'not_sent' | 'unknown'): UpstreamError {
  if (error instanceof UpstreamError) return error
  if (!(error instanceof DatabaseFault))
    return new UpstreamError('UPSTREAM_BAD_ANSWER', system, 'answered in a way nobody foresaw', {
      outcome,
      retryable: false,
    })
  const { code, retryable } = codes[error.kind]
  const { certificate: kind } = error
  return new UpstreamError(code, system, error.message, { outcome, retryable, ...(kind && { kind }) })
}

function tooLong(system: string, bytes: number): UpstreamError {
  return new UpstreamError('UPSTREAM_BAD_ANSWER', system, `answered more than ${bytes} bytes`, { retryable: false })
}
