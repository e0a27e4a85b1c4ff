import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buildSchema, type GraphQLSchema, parse as parseGraphQl, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments, stringify } from 'yaml'
import { parseClients } from '../../gateway/src/clients/definition.ts'
import { connectorDictionaries } from '../../gateway/src/schema/connector-dictionary.ts'
import { type Dictionary, readDictionary } from '../../gateway/src/schema/dictionary.ts'
import { checkEntities, compileEntities } from '../../gateway/src/schema/entities.ts'
import { wholeSdl } from '../../gateway/src/schema/sdl.ts'
import { compileOperation, type StoredOperations } from '../../gateway/src/schema/stored-operations.ts'
import { readSystemsFile, type SystemsFile } from '../../gateway/src/systems/configuration.ts'
import { describe as describeSystem } from '../../gateway/src/systems/description.ts'
import { checkWidgets } from '../../gateway/src/widgets/check.ts'
import { readWidgets } from '../../gateway/src/widgets/definition.ts'
import { publicSchema } from '../operations/public-schema.ts'
import { descriptions } from './help-desk.ts'

/*
 * The reference of systems cannot rot: every example of it is read as the gateway would read it, joined with the dictionary
 * that it tells of, and, where it says how a system is spoken to, compared with what such a system says of itself.
 */

type Tree = Record<string, unknown>
interface Block {
  kind: 'yaml' | 'graphql'
  text: string
  /** the file it says it is, in its first line */
  file: string | undefined
  line: number
}

const languages = ['SYSTEMS.md', 'SYSTEMS.zh-CN.md']
const documents = new Map<string, string>()
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'atrium-reference-'))
  for (const name of languages)
    documents.set(name, await readFile(new URL(`../../gateway/${name}`, import.meta.url), 'utf8'))
  for (const { file, kind, text } of blocksOf('SYSTEMS.md')) {
    if (!file?.includes('/') && kind === 'yaml') continue
    await put(file ?? '', text)
  }
})
afterAll(() => rm(dir, { recursive: true, force: true }))

function blocksOf(name: string): Block[] {
  const text = documents.get(name) ?? ''
  return [...text.matchAll(/^```(yaml|graphql)\n([\s\S]*?)^```$/gm)].map(found => ({
    kind: found[1] as Block['kind'],
    text: found[2] as string,
    file: /^# ([\w./-]+)$/m.exec((found[2] as string).split('\n', 1)[0] as string)?.[1],
    line: text.slice(0, found.index).split('\n').length,
  }))
}

function treesOf({ text }: Block): Tree[] {
  return parseAllDocuments(text).map(one => {
    expect(one.errors).toEqual([])
    return one.toJS() as Tree
  })
}

async function put(name: string, text: string): Promise<void> {
  await mkdir(dirname(join(dir, name)), { recursive: true })
  await writeFile(join(dir, name), text)
}

/** Every variable that an example names is set. */
const environment = new Proxy<Record<string, string>>({}, { get: (_, name) => `a ${String(name)}` })

interface Company {
  file: SystemsFile
  dictionary: Dictionary
}

/** systems.yaml as the gateway reads it, joined with the dictionary: what its mappings say fits the types they are about. */
async function read(file: Tree): Promise<Company> {
  await put('systems.yaml', stringify({ company: { zone: 'Asia/Shanghai', currency: 'CNY' }, ...file }))
  const systems = await readSystemsFile(dir, environment)
  const own = Object.values(systems.systems).flatMap(one => (one.dictionary ? [join(dir, one.dictionary)] : []))
  const dictionary = await readDictionary([...new Set(own)], await connectorDictionaries(dir, systems))
  const entities = compileEntities(dictionary, systems)
  for (const [id, definition] of Object.entries(systems.systems)) {
    const described = descriptions(definition)
    if (described !== undefined) checkEntities(entities, id, describeSystem(id, definition, described).description)
  }
  return { file: systems, dictionary }
}

const first = (): Tree => {
  const [whole] = blocksOf('SYSTEMS.md').filter(one => one.file === 'systems.yaml')
  return (treesOf(whole as Block)[0] as { systems: { desk: Tree } }).systems.desk
}
const ofEntities = new Set(
  'operation input rows total key filter sort max page scope each aggregate empty fields cache parameters count'.split(
    ' ',
  ),
)

/** A part of a system, or of an entity, laid over the first system of the reference. */
function completed(part: Tree): Tree {
  const desk = first()
  // Without the address of a description nothing is compared with one.
  const { document: _, ...rest } = desk
  if (!Object.keys(part).every(key => ofEntities.has(key))) {
    const { name, url, dictionary } = desk
    return { systems: { desk: 'protocol' in part ? { name, url, dictionary, ...part } : { ...rest, ...part } } }
  }
  const shared = { codes: { ticketStates: { '10': 'OPEN' } } }
  const [type, base]: [string, Tree] =
    'aggregate' in part ? ['Receivable', {}] : ['Ticket', (desk.entities as { Ticket: Tree }).Ticket]
  return { systems: { desk: { ...rest, ...shared, entities: { [type]: { ...base, ...part } } } } }
}

test('both languages have the same examples', () => {
  const [english, chinese] = languages.map(name =>
    blocksOf(name).map(one => ({
      kind: one.kind,
      file: one.file,
      told: one.kind === 'yaml' ? treesOf(one) : one.text.replace(/#.*$/gm, ''),
    })),
  )
  expect(english?.length).toBeGreaterThan(20)
  expect(chinese).toEqual(english)
})

test.each(languages)('%s is no longer than somebody reads, and names only files that are there', async name => {
  const text = documents.get(name) as string
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(350)
  for (const [, link] of text.matchAll(/\]\((?!https?:)([^)#]+)/g))
    await readFile(new URL(`../../gateway/${link}`, import.meta.url))
})

test('every example of a configuration is one that the gateway takes', async () => {
  for (const block of blocksOf('SYSTEMS.md').filter(one => one.kind === 'yaml')) {
    for (const tree of treesOf(block)) {
      const place = `SYSTEMS.md:${block.line}`
      const keys = Object.keys(tree)
      if (keys.includes('clients')) expect(() => parseClients(tree), place).not.toThrow()
      else if (keys.includes('widgets') || block.file?.startsWith('connectors/')) continue
      else await expect(read(keys.includes('systems') ? tree : completed(tree)), place).resolves.toBeDefined()
    }
  }
})

describe('what is shown of the first system', () => {
  let schema: GraphQLSchema
  let company: Company
  beforeAll(async () => {
    company = await read({ systems: { desk: first() } })
    schema = buildSchema(wholeSdl(company.dictionary))
  })

  test('the stored operation and the widget fit its graph', async () => {
    const operations: StoredOperations = new Map(
      blocksOf('SYSTEMS.md')
        .filter(one => one.file?.startsWith('operations/') && one.file.endsWith('.graphql'))
        .map(({ file, text }) => compileOperation(file?.slice(11, -8) as string, text, schema))
        .map(one => [one.id, one]),
    )
    expect(operations.size).toBe(1)
    const widget = blocksOf('SYSTEMS.md').find(one => one.file === 'widgets.yaml') as Block
    await put('widgets.yaml', widget.text)
    const widgets = await readWidgets(dir, {})
    expect(widgets).toHaveLength(1)
    checkWidgets(widgets, { operations, schema, systems: Object.keys(company.file.systems) }, 'widgets.yaml')
  })

  test('the operations of the administration are those of the public schema', async () => {
    const text = blocksOf('SYSTEMS.md').find(one => one.file === 'operations/Administration')?.text as string
    expect(validate(await publicSchema(), parseGraphQl(text))).toEqual([])
  })
})
