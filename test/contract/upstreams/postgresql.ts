import { testDatabase } from '@atrium/platform/testing'
import pg from 'pg'
import type { Adapter } from '../adapters.ts'
import { things } from '../source.ts'
import { startDatabaseWire } from './database-wire.ts'

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
const ready = message('Z', Buffer.from('I'))
const error = (code: string): Buffer =>
  Buffer.concat([message('E', Buffer.from(`SERROR\0VERROR\0C${code}\0Mrelation "secret" of O'Brien\0\0`)), ready])
const instead = (body: Buffer) => (answer: { body: Buffer }) => {
  answer.body = body
  return undefined
}

/** A real PostgreSQL; its answers are spoiled on the way, message by message. */
export const postgresql: Adapter = {
  name: 'sql postgresql',
  typed: true,
  errors: [],
  bad: [
    ...['42P01', '42501', '57014', '53300', '57P01', '22P02', 'XX000'].map(
      code => [`the error ${code}`, instead(error(code))] as const,
    ),
    ['no rows and no end of them', instead(ready)],
    ['a page', instead(Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html></html>'))],
    ['a connection that ends in the middle', () => 'cut'],
    ['a connection that ends', () => 'reset'],
    [
      'more bytes than are taken',
      answer => instead(Buffer.concat([message('N', Buffer.alloc(1_100_000)), answer.body]))(answer),
    ],
  ],
  async start(source) {
    const url = new URL(await testDatabase())
    const client = new pg.Client({ connectionString: url.href })
    await client.connect()
    await client.query(
      `create table things (id text, "group" text, name text, amount numeric, big bigint, at timestamptz)`,
    )
    for (const { id, group, name, amount, big, at } of things)
      await client.query('insert into things values ($1, $2, $3, $4, $5, $6)', [id, group, name, amount, big, at])
    await client.end()
    return { url: url.href, stop: async () => {}, wire: () => startDatabaseWire(url, source) }
  },
  definition: url => {
    const { username, password, host, pathname } = new URL(url || 'postgresql://u:p@h/d')
    return {
      protocol: 'sql',
      endpoint: `postgresql://${host}${pathname}`,
      authentication: { kind: 'basic', user: username, password },
    }
  },
  entity: { operation: 'things', each: true, filter: { id: 'id', group: 'group' } },
  answer: () => '',
}
