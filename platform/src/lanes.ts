import { CompiledQuery, type QueryResult } from 'kysely'
import pg from 'pg'
import { type Executed, LaneQuery } from './lane-query.ts'
import { forgetPlans, nameOf } from './prepared-client.ts'

export type { Executed } from './lane-query.ts'

/**
 * A few connections for single statements only. Statements are sent without waiting for the answers to earlier ones (pipelining), each is
 * a transaction of its own, and each is prepared once per connection. A statement costs the service less than one through a pool
 * does, and PostgreSQL wakes up less often. What is slow or belongs to a larger transaction goes through the pool, since here it would
 * keep others waiting.
 */
export class Lanes {
  readonly #lanes: Lane[]

  constructor(config: LaneConfig, count: number) {
    this.#lanes = Array.from({ length: count }, () => new Lane(config))
  }

  /** Executes a statement on the lane where the fewest wait. */
  execute<Row>(text: string, values: unknown[]): Promise<Executed<Row>> {
    let best = this.#lanes[0] as Lane
    for (const lane of this.#lanes) if (lane.waiting < best.waiting) best = lane
    return best.execute(text, values) as Promise<Executed<Row>>
  }

  /** Ends the connections when what waits on them is done. */
  async end(): Promise<void> {
    await Promise.all(this.#lanes.map(lane => lane.end()))
  }
}

/** How to connect; the parsers of types are named, because the queries use them themselves. */
export type LaneConfig = pg.ClientConfig & { types: pg.CustomTypesConfig }

class Lane {
  waiting = 0
  readonly #config: LaneConfig
  #client: Promise<pg.Client> | undefined
  #ended = false

  constructor(config: LaneConfig) {
    this.#config = config
  }

  async execute(text: string, values: unknown[]): Promise<Executed<unknown>> {
    this.waiting += 1
    try {
      const client = await (this.#client ?? this.#connect())
      return await this.#send(client, text, values)
    } catch (error) {
      // The server has given the connection up; that is known before the socket is closed.
      if (/FATAL|PANIC/.test((error as { severity?: string }).severity ?? '')) this.#client = undefined
      throw forgetPlans(error as { code?: string })
    } finally {
      this.waiting -= 1
    }
  }

  async #send(client: pg.Client, text: string, values: unknown[]): Promise<Executed<unknown>> {
    const name = nameOf(text)
    if (!name) {
      const { rows, rowCount } = await client.query({ text, values })
      return { rows, count: rowCount ?? 0 }
    }
    return await new Promise((resolve, reject) => {
      const statement = { name, text, values, types: this.#config.types }
      const query = new LaneQuery(statement, (error, executed) =>
        executed ? resolve(executed) : reject(error ?? new Error('a statement without a result')),
      )
      client.query(query as unknown as pg.Submittable)
    })
  }

  #connect(): Promise<pg.Client> {
    if (this.#ended) return Promise.reject(new Error('the database was closed'))
    const client = new pg.Client({ ...this.#config, pipeline: true } as pg.ClientConfig)
    const lost = (): void => {
      if (this.#client === connected) this.#client = undefined
      client.end().catch(() => {})
    }
    // What was under way is rejected by the client itself; the next statement connects anew.
    client.once('error', lost).once('end', lost)
    client.on('error', () => {})
    const connected = client.connect().then(
      () => client,
      error => {
        lost()
        throw error
      },
    )
    this.#client = connected
    return connected
  }

  async end(): Promise<void> {
    this.#ended = true
    const client = await this.#client?.catch(() => undefined)
    await client?.end()
  }
}

/** What `execute` needs of a Kysely, whatever its tables. */
type QueryExecutor = { executeQuery<Row>(query: CompiledQuery<Row>): Promise<QueryResult<Row>> }

const lanesOf = new WeakMap<object, Lanes>()

/** Lets `execute` find the lanes of a database. */
export function giveLanes(db: object, lanes: Lanes): void {
  lanesOf.set(db, lanes)
}

/**
 * Executes one short statement of fixed text that runs at many requests: on a lane of the database, or within the transaction
 * that `db` is.
 */
export async function execute<Row = unknown>(
  db: QueryExecutor,
  text: string,
  values: unknown[],
): Promise<Executed<Row>> {
  const lanes = lanesOf.get(db)
  if (lanes) return await lanes.execute<Row>(text, values)
  const { rows, numAffectedRows } = await db.executeQuery<Row>(CompiledQuery.raw(text, values))
  return { rows, count: Number(numAffectedRows ?? rows.length) }
}
