import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'

export { freePort } from './free-port.ts'

/** The URL of a fresh, empty database on the PostgreSQL of this test run. */
export async function testDatabase(): Promise<string> {
  const server = inject('postgresUrl')
  const name = `test_${randomBytes(6).toString('hex')}`
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  try {
    await client.query(`create database ${name}`)
  } finally {
    await client.end()
  }
  return server.replace(/\/postgres$/, `/${name}`)
}
