import { z } from 'zod'
import { isZone } from '../wall-clock.ts'

/** What `sql` in systems.yaml says of a database that is read. */
export const sqlSettings = z.strictObject({
  schemas: z
    .array(z.string().min(1))
    .default([])
    .describe('schemas that are read, the first without its name; public, or the database of MySQL, unless told'),
  tables: z
    .array(z.string().min(1))
    .default(['*'])
    .describe('tables and views that are read; * stands for any part of a name'),
  timeZone: z
    .string()
    .refine(isZone, 'must be a time zone, e.g. Asia/Shanghai')
    .optional()
    .describe('the zone of times that are written without one; the zone of the system, or UTC, unless told'),
  tls: z
    .union([z.boolean(), z.strictObject({ ca: z.string().min(1), servername: z.string().min(1).optional() })])
    .default(false)
    .describe('true: the certificate is checked against the usual authorities; ca: against this one (PEM)'),
})

export type SqlSettings = z.infer<typeof sqlSettings>

/** Where a database is, read from `endpoint`. */
export interface SqlAddress {
  server: 'postgresql' | 'mysql'
  host: string
  port: number
  /** path of a Unix socket, which is then used instead of host and port */
  socket: string | undefined
  database: string
}

const servers = {
  'postgresql:': 'postgresql',
  'postgres:': 'postgresql',
  'mysql:': 'mysql',
  'mariadb:': 'mysql',
} as const

/**
 * Reads `postgresql://host:5432/database` or `mysql://host:3306/database?socket=/path`.
 * @throws Error saying what is wrong, without repeating the address
 */
export function readAddress(endpoint: string | undefined): SqlAddress {
  if (!endpoint) throw new Error('needs its endpoint, e.g. postgresql://host:5432/database')
  let url: URL
  try {
    url = new URL(endpoint)
  } catch {
    throw new Error('has an endpoint that is no address')
  }
  const server = servers[url.protocol as keyof typeof servers]
  if (!server) throw new Error('has an endpoint that is neither postgresql:// nor mysql://')
  // An address is shown and logged.
  if (url.username || url.password)
    throw new Error('has user or password in its endpoint; they belong under authentication, kind basic')
  const database = decodeURIComponent(url.pathname.slice(1))
  if (database === '' || database.includes('/')) throw new Error('names no database in its endpoint')
  for (const name of url.searchParams.keys())
    if (name !== 'socket') throw new Error(`has an endpoint with the parameter ${name}; only socket is known`)
  return {
    server,
    host: decodeURIComponent(url.hostname).replace(/^\[|\]$/g, ''),
    port: Number(url.port || (server === 'mysql' ? 3306 : 5432)),
    socket: url.searchParams.get('socket') ?? undefined,
    database,
  }
}
