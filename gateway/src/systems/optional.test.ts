import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSystemsFile } from './configuration.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'atrium-optional-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function read(optional: boolean, env: Record<string, string>): Promise<string[]> {
  await writeFile(
    join(dir, 'systems.yaml'),
    `company: { zone: UTC, currency: CNY }
systems:
  odoo: { connector: odoo, ${optional ? 'optional: true, ' : ''}url: "\${ODOO_URL:-}", settings: { database: d, login: l, key: "\${ODOO_KEY}" } }
  desk: { name: { zh: 台, en: Desk }, url: http://desk, protocol: rest, endpoint: http://desk, authentication: { kind: none } }
`,
  )
  return Object.keys((await readSystemsFile(dir, env)).systems)
}

test('an optional system without an address is left out, and nothing else of it need be set', async () => {
  expect(await read(true, {})).toEqual(['desk'])
  expect(await read(true, { ODOO_URL: '' })).toEqual(['desk'])
  expect(await read(true, { ODOO_URL: 'http://odoo', ODOO_KEY: 'k' })).toEqual(['odoo', 'desk'])
})

test('with an address it must be complete; one that is not optional must have an address', async () => {
  await expect(read(true, { ODOO_URL: 'http://odoo' })).rejects.toThrow(/ODOO_KEY is not set/)
  await expect(read(false, { ODOO_KEY: 'k' })).rejects.toThrow(/systems\.odoo\.url/)
})
