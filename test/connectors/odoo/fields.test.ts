import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { connectorDictionaries } from '../../../gateway/src/schema/connector-dictionary.ts'
import { readDictionary } from '../../../gateway/src/schema/dictionary.ts'
import { compileEntities } from '../../../gateway/src/schema/entities.ts'
import { fitEntities } from '../../../gateway/src/schema/fit.ts'
import { readSystemsFile } from '../../../gateway/src/systems/configuration.ts'
import { Connector } from '../../../gateway/src/systems/connector.ts'
import { startSeededOdoo } from './world.fixture.ts'

test('Odoo tells its fields: every mapped one is there, and one that an upgrade took is named before it is asked for', async () => {
  const odoo = await startSeededOdoo([1])
  const dir = await mkdtemp(join(tmpdir(), 'atrium-odoo-'))
  const settings = { database: 'huaxin', login: 'atrium', key: 'k-1' }
  const systems = { odoo: { connector: 'odoo', url: odoo.url, settings } }
  await writeFile(join(dir, 'systems.yaml'), stringify({ company: { zone: 'UTC', currency: 'CNY' }, systems }))
  const file = await readSystemsFile(dir, {})
  const entities = compileEntities(await readDictionary([], await connectorDictionaries(dir, file)), file)
  const misfits: unknown[] = []
  const tokens = { forPerson: async () => '', forService: async () => '', forget: () => {} }
  const connector = new Connector('odoo', file.systems.odoo as NonNullable<typeof file.systems.odoo>, tokens, {
    onBreaker: () => {},
    onCall: () => {},
    onDescribed: ({ description }) =>
      misfits.push(...fitEntities(entities, 'odoo', description, connector.current).misfits),
  })
  try {
    await connector.description(Date.now() + 5000)
    await connector.describeAgain()
    expect(connector.current?.contract?.('sale.order.search_read')?.answers.get('partner_id')?.kind).toBe('many2one')
    expect(misfits).toEqual([])
    odoo.orm.dropped.add('sale.order.amount_untaxed')
    await connector.describeAgain()
    expect(misfits).toEqual([
      { type: 'Order', fields: ['netAmount'], message: expect.stringContaining('has no field amount_untaxed') },
    ])
  } finally {
    await connector.close()
    await odoo.stop()
    await rm(dir, { recursive: true, force: true })
  }
})
