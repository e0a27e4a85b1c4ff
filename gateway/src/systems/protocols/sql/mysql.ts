import { connect, isIP, type Socket } from 'node:net'
import mysql from 'mysql2/promise'
import type { CatalogRow } from './catalog.ts'
import type { SqlAddress, SqlSettings } from './configuration.ts'
import { Allowance, DatabaseFault, type Driver, type FaultKind, networkFault, type Session } from './session.ts'

const catalogQuestion = `select c.table_schema, c.table_name, t.table_type, c.column_name, c.data_type, c.column_type, c.column_key = 'PRI', c.character_set_name
from information_schema.columns c join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
where c.table_schema in (?) and c.column_name <> '__proto__'
order by c.table_schema, c.table_name, c.ordinal_position`

/** MySQL 8 and MariaDB 10.4 and later. */
export function mysqlDriver(
  address: SqlAddress,
  user: { user: string; password: string } | undefined,
  tls: SqlSettings['tls'],
): Driver {
  const options: mysql.ConnectionOptions = {
    ...(address.socket ? { socketPath: address.socket } : { host: address.host, port: address.port }),
    database: address.database,
    ...(user && { user: user.user, password: user.password }),
    charset: 'utf8mb4',
    // Digits are kept and days stay what the server wrote, the year nought too.
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    decimalNumbers: false,
    jsonStrings: true,
    rowsAsArray: true,
    multipleStatements: false,
    maxPreparedStatements: 200,
    // A server may otherwise ask for files of the gateway.
    flags: ['-LOCAL_FILES'],
    ...(tls !== false && secureOptions(address, tls)),
  }
  return {
    server: 'mysql',
    schema: address.database,
    async connect(patienceMs) {
      let connection: mysql.Connection | undefined
      try {
        connection = await mysql.createConnection({ ...options, connectTimeout: Math.max(1, patienceMs) })
        const session = new MysqlSession(connection, options)
        await session.prepare()
        return session
      } catch (error) {
        connection?.destroy()
        throw faultOf(error, true)
      }
    },
    catalog: schemas => ({
      statement: {
        text: catalogQuestion.replace('(?)', `(${schemas.map(() => '?').join(', ')})`),
        values: [...schemas],
      },
      read: row => row as unknown as CatalogRow,
    }),
  }
}

interface Raw {
  stream: import('node:net').Socket
  threadId: number
  on(event: 'error' | 'end', listener: () => void): void
}

/**
 * The client compares the certificate with the host that it was told, and not at all with an address of numbers: it is told
 * the name that is meant, and is given the connection to where the server is.
 * @throws Error when there is no name to compare with
 */
function secureOptions(address: SqlAddress, tls: Exclude<SqlSettings['tls'], false>): mysql.ConnectionOptions {
  const { ca, servername = address.host } = tls === true ? {} : tls
  if (isIP(servername) !== 0)
    throw new Error('reaches its database by numbers: sql.tls needs the servername of its certificate')
  const stream = (): Socket => (address.socket ? connect(address.socket) : connect(address.port, address.host))
  return {
    host: servername,
    stream,
    ssl: { ...(ca !== undefined && { ca }), rejectUnauthorized: true, verifyIdentity: true },
  }
}

class MysqlSession implements Session {
  alive = true
  #allowance = new Allowance()
  #connection: mysql.Connection
  #options: mysql.ConnectionOptions
  #mariadb = false
  #patience = 0

  constructor(connection: mysql.Connection, options: mysql.ConnectionOptions) {
    this.#connection = connection
    this.#options = options
    const raw = this.#raw
    const gone = (): void => {
      this.alive = false
    }
    raw.on('error', gone)
    raw.on('end', gone)
    raw.stream.on('close', gone)
    raw.stream.on('data', (chunk: Buffer) => {
      this.#allowance.arrived(chunk.length)
    })
  }

  get #raw(): Raw {
    return (this.#connection as unknown as { connection: Raw }).connection
  }

  async prepare(): Promise<void> {
    const [rows] = await this.#connection.query('select version()')
    this.#mariadb = /mariadb/i.test(String((rows as unknown[][])[0]?.[0]))
    // Every transaction of the session is read-only, whatever is sent on it.
    await this.#connection.query('set session transaction read only')
    await this.#connection.query("set session time_zone = '+00:00'")
  }

  async run({ text, values }: { text: string; values: unknown[] }, patienceMs: number): Promise<unknown[][]> {
    try {
      await this.#limit(patienceMs)
      const [rows] = await this.#connection.execute(text, values as string[])
      return rows as unknown as unknown[][]
    } catch (error) {
      throw faultOf(error, false)
    }
  }

  async #limit(patienceMs: number): Promise<void> {
    const rounded = Math.ceil(patienceMs / 50) * 50
    if (rounded <= this.#patience && rounded > this.#patience * 0.8) return
    const sql = this.#mariadb
      ? `set session max_statement_time = ${rounded / 1000}`
      : `set session max_execution_time = ${rounded}`
    await this.#connection.query(sql)
    this.#patience = rounded
  }

  allow(bytes: number, tooMany: () => void): void {
    this.#allowance.allow(bytes, tooMany)
  }

  async cancel(): Promise<void> {
    const { threadId } = this.#raw
    const other = await mysql.createConnection({ ...this.#options, connectTimeout: 2000 })
    try {
      await other.query(`kill query ${Number(threadId)}`)
    } finally {
      other.destroy()
    }
  }

  destroy(): void {
    this.alive = false
    this.#connection.destroy()
  }
}

const kinds: Record<number, FaultKind> = {
  1040: 'busy',
  1203: 'busy',
  1205: 'busy',
  1213: 'busy',
  1226: 'busy',
  1044: 'forbidden',
  1142: 'forbidden',
  1143: 'forbidden',
  1290: 'forbidden',
  1370: 'forbidden',
  1792: 'forbidden',
  1045: 'unauthenticated',
  1698: 'unauthenticated',
  1862: 'unauthenticated',
  3118: 'unauthenticated',
  1049: 'changed',
  1054: 'changed',
  1146: 'changed',
  1356: 'changed',
  1317: 'late',
  1969: 'late',
  3024: 'late',
  1053: 'lost',
  1152: 'lost',
}

function faultOf(error: unknown, connecting: boolean): DatabaseFault {
  if (error instanceof DatabaseFault) return error
  const { errno, code, message = '' } = (error ?? {}) as { errno?: number; code?: string; message?: string }
  if (code === 'PROTOCOL_CONNECTION_LOST' || /closed state|Connection lost/i.test(message))
    return new DatabaseFault(connecting ? 'unreachable' : 'lost', 'ended the connection')
  if (code === 'ETIMEDOUT' && connecting) return new DatabaseFault('unreachable', 'could not be reached in time')
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return new DatabaseFault('unreachable', 'speaks no TLS')
  if (code === 'HANDSHAKE_SSL_ERROR') {
    // The client keeps of the first error its words only.
    const certificate = /altnames/i.test(message)
      ? 'system_certificate_name'
      : /expired|not yet valid/i.test(message)
        ? 'system_certificate_expired'
        : 'system_certificate'
    return new DatabaseFault('untrusted', 'no secure connection', certificate)
  }
  const socket = networkFault(error, connecting)
  if (socket) return socket
  if (typeof errno === 'number' && errno >= 1000)
    return new DatabaseFault(kinds[errno] ?? 'unexpected', `answered error ${errno}`)
  return new DatabaseFault('unexpected', 'answered what is no MySQL protocol')
}
