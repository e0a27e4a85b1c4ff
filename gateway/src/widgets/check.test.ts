import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { testDatabase } from '@atrium/platform/testing'
import { buildSchema } from 'graphql'
import { expect, onTestFinished, test } from 'vitest'
import { compileOperation, readStoredOperations } from '../schema/stored-operations.ts'
import { checkWidgets } from './check.ts'
import { companyFolder } from './company-folder.fixture.ts'
import { readWidgets } from './definition.ts'

const schema = buildSchema(`
  type Query { boats(harbour: ID!, since: String, first: Int = 5): Boats! harbour: Harbour! }
  type Mutation { moor(boat: ID!, note: String!, berth: Int): Boolean! }
  type Boats { nodes: [Boat!]! totalCount: Int! }
  type Boat { id: ID! name: String length: Float owner: Owner tags: [String!]! }
  type Owner { name: String }
  type Harbour { name: String boats: [Boat!]! }
`)
const operations = new Map(
  [
    compileOperation(
      'Boats',
      `query Boats($harbour: ID!, $since: String, $first: Int) {
        fleet: boats(harbour: $harbour, since: $since, first: $first) { totalCount nodes { ...B owner { name } } }
      }
      fragment B on Boat { id name tags }`,
      schema,
    ),
    compileOperation('Harbour', '{ harbour { name boats { id } } }', schema),
    compileOperation('Moor', 'mutation ($boat: ID!, $note: String!) { moor(boat: $boat, note: $note) }', schema),
  ].map(one => [one.id, one]),
)

const right = `
    title: { zh: 船, en: Boats }
    systems: [port]
    operation: Boats
    variables: { harbour: H1, since: $endOfToday }
    access: { rights: { port: [Pilot] } }
    empty: { title: { zh: 没有船, en: No boat } }
    content: { kind: list, rows: fleet.nodes, key: id, total: fleet.totalCount, primary: [name, owner.name], note: { path: id, when: owner } }
    actions:
      - id: moor
        title: { zh: 系泊, en: Moor }
        operation: Moor
        fromRow: { boat: id }
        subject: name
        fields: [{ name: note, kind: line, title: { zh: 备注, en: Note }, required: true }]
        submit: { zh: 系泊, en: Moor }
        done: { zh: 已系泊, en: Moored }
`

/** What reading and checking says of a file with one widget in it; empty when it is right. */
async function faultsOf(widget: string, files: Record<string, string> = {}): Promise<string> {
  const folder = await companyFolder({ 'widgets.yaml': `publisher: Port\nwidgets:\n  boats:${widget}`, ...files })
  onTestFinished(folder.remove)
  try {
    const file = join(folder.dir, 'widgets.yaml')
    checkWidgets(await readWidgets(folder.dir), { operations, schema, systems: ['port'] }, file)
    return ''
  } catch (error) {
    const { message } = error as Error
    expect(message.split('\n')[0]).toBe(`${join(folder.dir, 'widgets.yaml')}:`)
    return message.split('\n').slice(1).join('\n')
  }
}

test('a widget that fits is taken', async () => {
  expect(await faultsOf(right)).toBe('')
})

test('a company without widgets.yaml has no widgets of its own', async () => {
  const folder = await companyFolder()
  onTestFinished(folder.remove)
  expect(await readWidgets(folder.dir)).toEqual([])
})

test.each([
  ['operation: Boats', 'operation: Boots', 'boats.operation: there is no stored operation "Boots"'],
  ['operation: Boats', 'operation: Moor', 'boats.operation: "Moor" is a mutation, not a query'],
  ['systems: [port]', 'systems: [port, dock]', 'boats.systems.1: there is no system "dock"'],
  ['rights: { port', 'rights: { dock', 'boats.access.rights.dock: there is no system "dock"'],
  ['harbour: H1, ', '', 'boats.variables: Variable "$harbour" of required type "ID!" was not provided.'],
  ['harbour: H1', 'harbour: H1, size: 3', 'boats.variables.size: the operation takes harbour, since, first'],
  ['harbour: H1', 'harbour: H1, first: many', 'boats.variables: Variable "$first" got invalid value "many"'],
  ['$endOfToday', '$endOfYear', 'boats.variables.since: "$endOfYear" is none of $endOfToday, $endOfWeek'],
  ['rows: fleet.nodes', 'rows: boats.nodes', 'content.rows: the operation selects no "boats", only fleet'],
  ['rows: fleet.nodes', 'rows: fleet', 'content.rows: "fleet" is no list'],
  ['key: id', 'key: number', 'content.key: the operation selects no "number", only id, name, tags, owner'],
  [
    'total: fleet.totalCount',
    'total: fleet.nodes.id',
    'content.total: "fleet.nodes" is a list; a path cannot go through it',
  ],
  ['[name, owner.name]', '[name, owner]', 'content.primary.1.path: "owner" is no single value'],
  ['[name, owner.name]', '[name.first]', 'content.primary.0.path: "name" is a value and has no parts'],
  ['[name, owner.name]', '[tags]', 'content.primary.0.path: "tags" is no single value'],
  ['when: owner', 'when: captain', 'content.note.0.when: the operation selects no "captain"'],
  ['operation: Moor', 'operation: Sink', 'actions.0.operation: there is no stored operation "Sink"'],
  [
    'fromRow: { boat: id }',
    'fromRow: {}',
    'actions.0.fields: "Moor" needs "boat": from the row, or from a required field',
  ],
  [', required: true', '', 'actions.0.fields: "Moor" needs "note"'],
  ['name: note, kind', 'name: berth, kind', 'actions.0.fields: "Moor" takes no "berth", only boat, note'],
  ['subject: name', 'subject: title', 'actions.0.subject: the operation selects no "title"'],
  ['kind: list', 'kind: lost', 'content.kind: is one of list, table, kpi, trend, object, timeline, links'],
  [
    'primary: [name, owner.name]',
    'primary: [{ path: "name()" }]',
    'content.primary.0.path: a path is names joined by dots',
  ],
  ['{ zh: 船, en: Boats }', '{ zh: 船 }', 'boats.title.en: Invalid input: expected string, received undefined'],
  ['systems: [port]', 'systems: [port]\n    html: <b>boats</b>', 'widgets.boats: Unrecognized key: "html"'],
])('%s → %s is refused with its place', async (before, after, fault) => {
  expect(right).toContain(before)
  expect(await faultsOf(right.replace(before, after))).toContain(fault)
})

test('every fault is named at once', async () => {
  const faults = await faultsOf(right.replace('key: id', 'key: number').replace('systems: [port]', 'systems: [dock]'))
  expect(faults.split('\n')).toHaveLength(2)
})

test('a path of the wrong kind of content is found as well', async () => {
  const content = (text: string): string =>
    right.replace(/content: .*/, `content: ${text}`).replace(/ {4}actions:[\s\S]*/, '')
  expect(await faultsOf(content('{ kind: trend, rows: fleet.nodes, key: id, value: size }'))).toContain('content.value')
  expect(
    await faultsOf(content('{ kind: object, root: fleet, fields: [{ title: { zh: 数, en: Count }, cell: count }] }')),
  ).toContain('content.fields.0.cell.0.path: the operation selects no "count", only totalCount, nodes')
  expect(
    await faultsOf(
      content(
        '{ kind: kpi, figure: fleet.totalCount, parts: { rows: fleet.nodes, key: id, label: name, value: name, share: weight } }',
      ),
    ),
  ).toContain('content.parts.share')
  expect(
    await faultsOf(
      content('{ kind: table, rows: fleet.nodes, key: id, columns: [{ title: { zh: 名, en: Name }, cell: nom }] }'),
    ),
  ).toContain('content.columns.0.cell.0.path')
  expect(await faultsOf(content('{ kind: kpi, goals: { rows: fleet } }'))).toContain('content.goals.rows')
  expect(await faultsOf(content('{ kind: kpi }'))).toContain('boats.content: shows nothing')
  expect(await faultsOf(content('{ kind: links, rows: fleet.nodes, key: id, label: name, url: address }'))).toContain(
    'content.url',
  )
  expect(await faultsOf(content('{ kind: timeline, rows: fleet.nodes, key: id, time: at, primary: name }'))).toContain(
    'content.time.path',
  )
})

test('operations of two folders have one name each, and faults say file, line and column', async () => {
  const folder = await companyFolder({
    'own/Boats.graphql': '{ harbour { name } }',
    'operations/Boats.graphql': '{ harbour { name } }',
    'operations/Crew.graphql': '{\n  harbour { crew }\n}',
    'operations/Torn.graphql': '{ harbour {',
    'operations/Two.graphql': 'query A { harbour { name } } query B { harbour { name } }',
    'operations/Deep.graphql': '{ harbour { boats { owner { name } } } }',
    'operations/notes.txt': 'not an operation',
  })
  onTestFinished(folder.remove)
  const folders = ['own', 'operations'].map(name => join(folder.dir, name))
  const error = await readStoredOperations(folders, schema, { depth: 3, breadth: 50, cost: 50 }).then(
    () => undefined,
    (error: Error) => error,
  )
  expect(error?.message.replaceAll(folder.dir, '.').split('\n')).toEqual([
    './operations/Boats.graphql: "Boats" is the name of ./own/Boats.graphql already',
    './operations/Crew.graphql:2:13: Cannot query field "crew" on type "Harbour".',
    './operations/Deep.graphql:1:1: the query is 4 levels deep, at most 3 are taken',
    './operations/Torn.graphql:1:12: Syntax Error: Expected Name, found <EOF>.',
    './operations/Two.graphql: must hold exactly one operation',
  ])
})

test('a folder that is not there holds no operations', async () => {
  expect((await readStoredOperations(['/nowhere/operations'], schema)).size).toBe(0)
})

test('the gateway does not start with a widget that cannot work, and says why on one page', async () => {
  const folder = await companyFolder({ 'widgets.yaml': `publisher: Port\nwidgets:\n  boats:${right}` })
  onTestFinished(folder.remove)
  const env = {
    PATH: process.env.PATH,
    LOG_LEVEL: 'silent',
    PORT: '0',
    DATABASE_URL: await testDatabase(),
    ISSUER: 'http://127.0.0.1:9/realms/atrium',
    PORTAL_URL: 'http://localhost:9',
    CLIENT_SECRET: 'secret',
    ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
    CONFIG_DIR: folder.dir,
  }
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))
  const ended = await promisify(execFile)(process.execPath, [main], { env, timeout: 55_000 }).then(
    () => undefined,
    (error: { code: number; stderr: string }) => error,
  )
  expect(ended?.code).toBe(2)
  expect(ended?.stderr).toContain(`${folder.dir}/widgets.yaml:\n  widgets.boats.systems.0: there is no system "port"`)
  expect(ended?.stderr).not.toContain('at ')
}, 60_000)
