import { expect, test } from 'vitest'
import { z } from 'zod'
import { ConfigError, describeConfig, encryptionKey, listOfMilliseconds, port, readConfig } from './config.ts'

const schema = z.object({
  DATABASE_URL: z.string().describe('PostgreSQL connection URL'),
  PORT: port.default(3001).describe('TCP port'),
  ENCRYPTION_KEY: encryptionKey.describe('32 bytes in base64'),
  RETRY_DELAYS: listOfMilliseconds.optional().describe('delays between tries, in ms'),
})

test('all faults are named at once, each with what is expected', () => {
  const read = () => readConfig(schema, { PORT: '99999', ENCRYPTION_KEY: 'c2hvcnQ=', RETRY_DELAYS: 'soon' })
  expect(read).toThrow(ConfigError)
  try {
    read()
  } catch (error) {
    const { faults } = error as ConfigError
    expect(faults).toHaveLength(4)
    expect(faults.join('\n')).toContain('DATABASE_URL is missing: PostgreSQL connection URL')
    expect(faults.join('\n')).toContain('ENCRYPTION_KEY: expected 32 bytes in base64')
  }
})

test('an empty variable counts as absent, defaults and lists are read', () => {
  const key = Buffer.alloc(32, 7)
  expect(
    readConfig(schema, {
      DATABASE_URL: 'postgres://x',
      PORT: '',
      ENCRYPTION_KEY: key.toString('base64'),
      RETRY_DELAYS: '200,400',
    }),
  ).toEqual({
    DATABASE_URL: 'postgres://x',
    PORT: 3001,
    ENCRYPTION_KEY: key,
    RETRY_DELAYS: [200, 400],
  })
})

test('the table for the documentation comes from the schema', () => {
  expect(describeConfig(schema).map(row => [row.name, row.required, row.default])).toEqual([
    ['DATABASE_URL', true, ''],
    ['PORT', false, '3001'],
    ['ENCRYPTION_KEY', true, ''],
    ['RETRY_DELAYS', false, ''],
  ])
})
