import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { connectorDictionaries } from '../../gateway/src/schema/connector-dictionary.ts'
import { type Dictionary, readDictionary } from '../../gateway/src/schema/dictionary.ts'
import { checkEntities, compileEntities, type Entities } from '../../gateway/src/schema/entities.ts'
import { readSystemsFile, type SystemsFile } from '../../gateway/src/systems/configuration.ts'
import { readConnector } from '../../gateway/src/systems/connectors.ts'
import { describe as describeSystem } from '../../gateway/src/systems/description.ts'

const shipped = fileURLToPath(new URL('../../gateway/connectors/', import.meta.url))
const folders = (await readdir(shipped, { withFileTypes: true })).filter(one => one.isDirectory()).map(one => one.name)

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'atrium-connectors-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

/** What a company writes, read as the gateway reads it. */
async function read(
  systems: Record<string, unknown>,
): Promise<{ file: SystemsFile; dictionary: Dictionary; entities: Entities }> {
  await writeFile(
    join(dir, 'systems.yaml'),
    stringify({ company: { zone: 'Asia/Shanghai', currency: 'CNY' }, systems }),
  )
  const file = await readSystemsFile(dir, {})
  const dictionary = await readDictionary([], await connectorDictionaries(dir, file))
  return { file, dictionary, entities: compileEntities(dictionary, file) }
}

/** Settings of the kinds that a connector asks for. */
async function anySettings(connector: string): Promise<Record<string, string | number>> {
  const { settings } = await readConnector(dir, connector)
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, { kind, default: given }]) =>
      given === undefined ? [[name, kind === 'integer' ? 7 : `a ${name}`]] : [],
    ),
  )
}

describe.each(folders)('the folder of the connector %s', connector => {
  test('is all that its address and its settings need beside it', async () => {
    const settings = await anySettings(connector)
    const { file, entities } = await read({ mine: { connector, url: 'http://127.0.0.1:9', settings } })
    const definition = file.systems.mine
    expect(definition?.settings).toMatchObject(settings)
    expect(JSON.stringify(definition)).not.toMatch(/\$\{/)
    expect(entities.size).toBeGreaterThan(0)
    const documentless = definition && (definition.protocol === 'json-rpc' || !definition.document)
    if (definition && documentless) checkEntities(entities, 'mine', describeSystem('mine', definition, '').description)
  })

  test('says under the company’s name for the system where every value comes from', async () => {
    const settings = await anySettings(connector)
    const { dictionary, entities } = await read({ mine: { connector, url: 'http://127.0.0.1:9', settings } })
    for (const entity of entities.values()) {
      expect(entity.type.entity?.system).toBe('mine')
      expect(entity.fields.length).toBeGreaterThan(1)
      for (const { field } of entity.fields) {
        expect(field.read, `${field.owner}.${field.name}`).not.toEqual([])
        expect(field.label.zh, `${field.owner}.${field.name}`).not.toBe(field.name)
      }
    }
    expect(new Set(dictionary.fields.map(field => field.index)).size).toBe(dictionary.fields.length)
    const connectorsOwnName = dictionary.fields.filter(
      field => field.source?.kind === 'value' && field.source.system === connector,
    )
    expect(connectorsOwnName).toEqual([])
  })

  test('tells the vendor’s administrator in both languages what to set up: every setting, every role', async () => {
    const { settings } = await readConnector(dir, connector)
    const sdl = await readFile(join(shipped, connector, 'dictionary.graphql'), 'utf8')
    const roles = new Set([...sdl.matchAll(new RegExp(`"${connector}:(\\w+)"`, 'g'))].map(([, role]) => role as string))
    for (const name of ['README.zh-CN.md', 'README.md']) {
      const text = await readFile(join(shipped, connector, name), 'utf8')
      for (const word of [...Object.keys(settings), ...roles]) expect(text, name).toContain(`\`${word}\``)
    }
  })

  test('marks in README, mapping and simulator alike what nobody verified', async () => {
    const texts = [join(shipped, connector, 'README.md'), join(shipped, connector, 'connector.yaml')]
    const own = fileURLToPath(new URL(`./${connector}/`, import.meta.url))
    for (const name of await readdir(own))
      if (name.endsWith('.ts') && !name.endsWith('.test.ts')) texts.push(join(own, name))
    const marked = await Promise.all(texts.map(async path => (await readFile(path, 'utf8')).includes('unverified')))
    expect(marked[0]).toBe(true)
    expect(marked[1]).toBe(true)
    expect(marked.slice(2)).toContain(true)
  })
})

describe('how a company uses a connector', () => {
  const odoo = { connector: 'odoo', url: 'http://127.0.0.1:9', settings: { database: 'd', login: 'l', key: 'k' } }
  const fault = (systems: Record<string, unknown>) =>
    read(systems).then(
      () => '',
      error => (error as Error).message,
    )

  test('what it writes itself wins, member by member', async () => {
    const { file } = await read({
      odoo: {
        ...odoo,
        name: { zh: '销售', en: 'Sales' },
        limits: { timeoutMs: 9000 },
        entities: { Customer: { max: 50 } },
      },
    })
    expect(file.systems.odoo).toMatchObject({ name: { zh: '销售', en: 'Sales' }, limits: { timeoutMs: 9000 } })
    expect(file.systems.odoo?.entities.Customer).toMatchObject({ max: 50, operation: 'res.partner.search_read' })
  })

  test('only what it provides is taken over; the rest of the type stays where the dictionary has it', async () => {
    const { dictionary, entities } = await read({ erp2: { ...odoo, provides: ['Order', 'Invoice'] } })
    expect([...entities.keys()]).toEqual(['erp2.Order', 'erp2.Invoice'])
    expect(dictionary.types.get('Customer')?.entity?.system).toBe('crm')
    expect(dictionary.types.get('Order')?.entity?.system).toBe('erp2')
    expect(dictionary.types.get('Order')?.fields.get('number')?.read).toContain('erp2:Sales')
    expect(dictionary.types.get('Order')?.fields.get('customer')?.source).toMatchObject({ system: 'erp2' })
    expect(dictionary.types.has('OdooActivity')).toBe(false)
    expect(dictionary.types.get('Query')?.fields.has('odooActivities')).toBe(false)
  })

  test('two systems cannot both be the record of one type', async () => {
    expect(await fault({ a: odoo, b: odoo })).toMatch(/a and b both have Customer; say with "provides"/)
    expect(await fault({ a: { ...odoo, provides: ['Customer'] }, b: { ...odoo, provides: ['Order'] } })).toBe('')
  })

  test.each([
    [
      'no setting',
      { ...odoo, settings: { database: 'd' } },
      /settings.login is missing \(集成用户的登录名 \/ Login.*settings.key is missing/,
    ],
    ['an empty one', { ...odoo, settings: { ...odoo.settings, key: '' } }, /settings.key is missing/],
    [
      'one that nobody knows',
      { ...odoo, settings: { ...odoo.settings, datbase: 'x' } },
      /settings.datbase is not known/,
    ],
    [
      'text for a number',
      { ...odoo, settings: { ...odoo.settings, company: 'one' } },
      /settings.company must be a whole number/,
    ],
    [
      'a type it does not have',
      { ...odoo, provides: ['Order', 'Weather'] },
      /provides Weather, which its connector does not/,
    ],
    ['a connector that is not there', { ...odoo, connector: 'odo' }, /there is no connector "odo"/],
    ['a path for a name', { ...odoo, connector: '../odoo' }, /there is no connector "..\/odoo"/],
    ['a zone that is none', { ...odoo, settings: { ...odoo.settings, timeZone: 'Mars/Olympus' } }, /Mars\/Olympus/],
  ])('%s is a fault of the file, by its name', async (_, entry, expected) => {
    expect(
      await fault({ odoo: entry }).then(async message => {
        if (message !== '') return message
        const { file } = await read({ odoo: entry })
        try {
          describeSystem('odoo', file.systems.odoo as NonNullable<typeof file.systems.odoo>, '')
        } catch (error) {
          return (error as Error).message
        }
        return ''
      }),
    ).toMatch(expected)
  })

  test('a secret that looks like a template stays what it is', async () => {
    const { file } = await read({ odoo: { ...odoo, settings: { ...odoo.settings, key: '$session{url}' } } })
    const { description } = describeSystem('odoo', file.systems.odoo as NonNullable<typeof file.systems.odoo>, '')
    const { body } = description.encode('res.partner.search_count', { params: [[[]], {}] }, 7)
    expect(JSON.parse(body ?? '').params.args).toEqual([
      'd',
      7,
      '$session{url}',
      'res.partner',
      'search_count',
      [[]],
      {},
    ])
  })

  test('a company’s own connector is found beside its configuration', async () => {
    await mkdir(join(dir, 'connectors'), { recursive: true })
    await cp(join(shipped, 'odoo'), join(dir, 'connectors', 'own'), { recursive: true })
    const sdl = await readFile(join(shipped, 'odoo', 'dictionary.graphql'), 'utf8')
    await writeFile(join(dir, 'connectors', 'own', 'dictionary.graphql'), sdl.replaceAll('"odoo', '"own'))
    const { dictionary } = await read({ ours: { ...odoo, connector: 'own' } })
    expect(dictionary.types.get('Customer')?.entity?.system).toBe('ours')
  })
})
