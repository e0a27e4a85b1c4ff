import { checkServerIdentity } from 'node:tls'
import pg from 'pg'
import type { CatalogRow } from './catalog.ts'
import type { SqlAddress, SqlSettings } from './configuration.ts'
import { Allowance, DatabaseFault, type Driver, type FaultKind, networkFault, type Session } from './session.ts'

// Every value stays the text the server wrote: numbers must keep their digits.
const asText = { getTypeParser: () => (text: unknown) => text } as unknown as pg.CustomTypesConfig

const catalogQuestion = `select c.table_schema::text, c.table_name::text, t.table_type::text, c.column_name::text, c.udt_name::text, c.udt_name::text,
  exists (select 1 from pg_index i join pg_class r on r.oid = i.indrelid join pg_namespace n on n.oid = r.relnamespace
    join pg_attribute a on a.attrelid = r.oid and a.attnum = any(i.indkey)
    where i.indisprimary and n.nspname = c.table_schema and r.relname = c.table_name and a.attname = c.column_name), null
from information_schema.columns c join information_schema.tables t using (table_catalog, table_schema, table_name)
where c.table_schema = any($1::text[]) and c.column_name <> '__proto__'
order by 1, 2, c.ordinal_position`

// Every transaction of the session is read-only, whatever is sent on it; the rest fixes how values are written.
const settings: [string, string][] = [
  ['default_transaction_read_only', 'on'],
  ['TimeZone', 'UTC'],
  ['DateStyle', 'ISO, YMD'],
  ['IntervalStyle', 'iso_8601'],
  ['extra_float_digits', '1'],
  ['idle_in_transaction_session_timeout', '10000'],
]

/** PostgreSQL 12 and later. */
export function postgresqlDriver(
  address: SqlAddress,
  user: { user: string; password: string } | undefined,
  tls: SqlSettings['tls'],
): Driver {
  const options: pg.ClientConfig = {
    host: address.socket ?? address.host,
    port: address.port,
    database: address.database,
    user: user?.user ?? 'postgres',
    // Without one the client would look for a password in files and variables of the gateway's own.
    password: user?.password ?? '',
    application_name: 'atrium',
    types: asText,
    keepAlive: true,
    ssl: tls !== false && secureOptions(address.host, tls),
  }
  return {
    server: 'postgresql',
    schema: 'public',
    async connect(patienceMs) {
      const client = new pg.Client({ ...options, connectionTimeoutMillis: patienceMs })
      const session = new PostgresqlSession(client, options)
      try {
        await client.connect()
        await session.prepare()
        return session
      } catch (error) {
        session.destroy()
        throw faultOf(error, true)
      }
    },
    catalog: schemas => ({
      statement: { text: catalogQuestion, values: [[...schemas]] },
      read: row => row as unknown as CatalogRow,
    }),
  }
}

/** The name in the certificate is compared with what is meant by it, whatever name the client would take. */
function secureOptions(host: string, tls: Exclude<SqlSettings['tls'], false>): pg.ClientConfig['ssl'] {
  const { ca, servername = host } = tls === true ? {} : tls
  return {
    ...(ca !== undefined && { ca }),
    checkServerIdentity: (_, certificate) => checkServerIdentity(servername, certificate),
  }
}

class PostgresqlSession implements Session {
  alive = true
  #allowance = new Allowance()
  #client: pg.Client
  #options: pg.ClientConfig
  #patience = 0

  constructor(client: pg.Client, options: pg.ClientConfig) {
    this.#client = client
    this.#options = options
    // Without a listener an error between two statements would end the process.
    client.on('error', () => {
      this.alive = false
    })
    client.on('end', () => {
      this.alive = false
    })
  }

  async prepare(): Promise<void> {
    const stream = streamOf(this.#client)
    stream.on('data', (chunk: Buffer) => {
      this.#allowance.arrived(chunk.length)
    })
    const list = settings.map((_, index) => `set_config($${index * 2 + 1}, $${index * 2 + 2}, false)`)
    await this.#client.query(`select ${list.join(', ')}`, settings.flat())
    // Known from PostgreSQL 14 on: a server notices that the gateway is gone.
    await this.#client.query(
      "select set_config(name, '2s', false) from pg_settings where name = 'client_connection_check_interval'",
    )
  }

  async run({ text, values }: { text: string; values: unknown[] }, patienceMs: number): Promise<unknown[][]> {
    try {
      await this.#limit(patienceMs)
      // Without parameters the client would send text that may hold several statements.
      const asked = { text, values, rowMode: 'array' as const, queryMode: 'extended' }
      const { rows, command, rowCount } = await this.#client.query(asked)
      // A proxy that lost the end of an answer would otherwise make few rows, or none, of many.
      if (command !== 'SELECT' || rowCount !== rows.length)
        throw new DatabaseFault('unexpected', 'answered rows without their end')
      return rows as unknown[][]
    } catch (error) {
      throw faultOf(error, false)
    }
  }

  // Most calls have the same time: it is told again only when it is another.
  async #limit(patienceMs: number): Promise<void> {
    const rounded = Math.ceil(patienceMs / 50) * 50
    if (rounded <= this.#patience && rounded > this.#patience * 0.8) return
    await this.#client.query("select set_config('statement_timeout', $1, false)", [String(rounded)])
    this.#patience = rounded
  }

  allow(bytes: number, tooMany: () => void): void {
    this.#allowance.allow(bytes, tooMany)
  }

  async cancel(): Promise<void> {
    const { processID } = this.#client as unknown as { processID: number }
    const other = new pg.Client({ ...this.#options, connectionTimeoutMillis: 2000, query_timeout: 2000 })
    other.on('error', () => {})
    try {
      await other.connect()
      await other.query('select pg_cancel_backend($1::int)', [processID])
    } finally {
      streamOf(other).destroy()
    }
  }

  destroy(): void {
    this.alive = false
    streamOf(this.#client).destroy()
  }
}

function streamOf(client: pg.Client): import('node:net').Socket {
  return (client as unknown as { connection: { stream: import('node:net').Socket } }).connection.stream
}

const kinds: [RegExp, FaultKind][] = [
  [/^28/, 'unauthenticated'],
  [/^(42501|25006)$/, 'forbidden'],
  [/^57014$/, 'late'],
  [/^(3D000|42P01|42703|42883|3F000|42804)$/, 'changed'],
  [/^(53|57|58|08|40|55)/, 'busy'],
]

function faultOf(error: unknown, connecting: boolean): DatabaseFault {
  if (error instanceof DatabaseFault) return error
  const { code = '', message = '' } = (error ?? {}) as { code?: string; message?: string }
  const socket = networkFault(error, connecting)
  if (socket) return socket
  if (/^[0-9A-Z]{5}$/.test(code)) {
    const kind = kinds.find(([pattern]) => pattern.test(code))?.[1] ?? 'unexpected'
    return new DatabaseFault(kind, `answered SQLSTATE ${code}`)
  }
  if (/timeout/i.test(message) && connecting) return new DatabaseFault('unreachable', 'could not be reached in time')
  if (/SSL connection/.test(message)) return new DatabaseFault('unreachable', 'speaks no TLS')
  if (/password must be a string|SASL|no password|scram/i.test(message))
    return new DatabaseFault('unauthenticated', 'was not content with the password')
  if (/terminated|ended|closed|not queryable/i.test(message))
    return new DatabaseFault(connecting ? 'unreachable' : 'lost', 'ended the connection')
  return new DatabaseFault('unexpected', 'answered what is no PostgreSQL protocol')
}
