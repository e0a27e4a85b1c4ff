import pg from 'pg'

/** What a statement gave: its rows, and how many rows it changed or returned. */
export type Executed<Row> = { rows: Row[]; count: number }

/** What pg's queries are given when it is their turn. */
type Connection = {
  stream: { cork(): void; uncork(): void }
  bind(message: object): void
  execute(message: object): void
  sync(): void
}

/** pg's own query, in the parts that are built upon here; its declaration leaves them out. */
type Query = {
  name: string
  values: unknown[]
  submit(connection: Connection): Error | null
  hasBeenParsed(connection: Connection): boolean
}

type Shape = { names: string[]; parsers: ((text: string) => unknown)[] }
type Field = { name: string; dataTypeID: number }
type Statement = { name: string; text: string; values: unknown[]; types: pg.CustomTypesConfig }
type Done = (error: Error | null, executed?: Executed<unknown>) => void

const PgQuery = pg.Query as unknown as new (config: object) => Query
const { prepareValue } = (pg as unknown as { utils: { prepareValue(value: unknown): unknown } }).utils

// By name: a statement gets another name when its result may have changed.
const shapes = new Map<string, Shape>()

/**
 * A prepared statement that asks for the shape of its result only once, where pg asks at each execution: that message and its answer
 * are a large part of what PostgreSQL and the service spend on a lookup by key.
 */
export class LaneQuery extends PgQuery {
  readonly callback: Done
  readonly #types: pg.CustomTypesConfig
  readonly #rows: Record<string, unknown>[] = []
  #shape: Shape | undefined
  #count = 0
  #failure: Error | undefined

  constructor({ types, ...config }: Statement, callback: Done) {
    super(config)
    this.callback = callback
    this.#types = types
    this.#shape = shapes.get(config.name)
  }

  override submit(connection: Connection): Error | null {
    if (!this.#shape || !this.hasBeenParsed(connection)) return super.submit(connection)
    connection.stream.cork()
    try {
      connection.bind({ statement: this.name, values: this.values, valueMapper: prepareValue })
      connection.execute({})
      connection.sync()
    } finally {
      connection.stream.uncork()
    }
    return null
  }

  handleRowDescription({ fields }: { fields: Field[] }): void {
    this.#shape = {
      names: fields.map(field => field.name),
      parsers: fields.map(field => this.#types.getTypeParser(field.dataTypeID, 'text') as (text: string) => unknown),
    }
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    const { names, parsers } = this.#shape as Shape
    const row: Record<string, unknown> = {}
    try {
      for (let i = 0; i < names.length; i++) {
        const text = fields[i] ?? null
        row[names[i] as string] = text === null ? null : parsers[i]?.(text)
      }
    } catch (error) {
      this.#failure ??= error as Error
    }
    this.#rows.push(row)
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.#count = Number(text.slice(text.lastIndexOf(' ') + 1)) || 0
  }

  handleReadyForQuery(): void {
    shapes.set(this.name, this.#shape ?? { names: [], parsers: [] })
    if (this.#failure) this.callback(this.#failure)
    else this.callback(null, { rows: this.#rows, count: this.#count })
  }

  handleError(error: Error): void {
    this.callback(error)
  }
}
