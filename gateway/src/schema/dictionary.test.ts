import { describe, expect, test } from 'vitest'
import { createPermissions } from '../access/permissions.ts'
import type { Viewer } from '../access/person.ts'
import { parseSystems } from '../systems/configuration.ts'
import { describeOpenApi } from '../systems/protocols/openapi.ts'
import { compileDictionary } from './dictionary.ts'
import { checkEntities, compileEntities } from './entities.ts'

const sdl = (field: string): string =>
  `type Thing @entity(key: "id", system: "s") @read(roles: ["s:*"]) { id: ID! @from(system: "s", path: "thingId") ${field} }`
const file = (entity: object) =>
  parseSystems({
    company: { zone: 'UTC', currency: 'CNY' },
    systems: {
      s: {
        name: { zh: 'S', en: 'S' },
        url: 'http://s',
        protocol: 'openapi',
        authentication: { kind: 'none' },
        entities: { Thing: { operation: 'listThings', rows: 'items', scope: 'none', ...entity } },
      },
    },
  })
const document = JSON.stringify({
  openapi: '3.1.0',
  paths: {
    '/things': {
      get: {
        operationId: 'listThings',
        parameters: ['ids', 'owner', 'offset', 'limit'].map(name => ({ name, in: 'query' })),
        responses: {
          200: {
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: {
                    items: { type: 'array', items: { type: 'object', properties: { thingId: {}, name: {} } } },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
})
const check = (field: string, entity: object): void => {
  const entities = compileEntities(compileDictionary(sdl(field)), file(entity))
  checkEntities(
    entities,
    's',
    describeOpenApi(document, {
      id: 's',
      endpoint: 'http://s',
      documentUrl: undefined,
      typeTag: undefined,
      jsonrpc: '2.0',
    }),
  )
}

describe('mistakes are named before anything runs', () => {
  test.each([
    [
      'a property that the description lacks',
      'name: String @from(system: "s", path: "nmae")',
      {},
      'systems.yaml: s.Thing: s.listThings answers no property nmae',
    ],
    ['an operation that it lacks', '', { operation: 'listThing' }, 's has no operation listThing; it has listThings'],
    [
      'an input that it lacks',
      '',
      { filter: { id: 'thing' } },
      'systems.yaml: s.Thing: filter id: s.listThings takes no thing',
    ],
    ['a list that is none', '', { rows: 'rows' }, 's.listThings answers no list at "rows"'],
    [
      'a scope without its filter',
      '',
      { scope: { filter: 'owner' } },
      'scope names the filter owner, which is not there',
    ],
    [
      'a filter that does not say what it reveals',
      '',
      { filter: { owner: { field: 'owner' } } },
      'the filter owner must say with "reads" which fields it looks at',
    ],
    ['a field that the type lacks', '', { fields: { nmae: 'name' } }, 'maps the field nmae, which Thing does not have'],
  ])('%s', (_name, field, entity, message) => {
    expect(() => check(field, entity)).toThrow(message)
  })

  test.each([
    [
      'a key that is no field',
      'type T @entity(key: "no", system: "s") { id: ID! }',
      'T has no field no, which @entity names as its key',
    ],
    [
      'a field nobody may read',
      'type T { id: ID! @from(system: "s", path: "a") }',
      'T.id says nowhere who may read it',
    ],
    [
      'neither path nor value',
      'type T @read(roles: ["*"]) { id: ID! @from(system: "s") }',
      'T.id: @from takes either a path or a value',
    ],
    ['children without a link', 'type T { a: [U!] @children(by: "t") } type U { id: ID! }', 'T.a: U has no field t'],
    ['no SDL', 'type {', 'the dictionary is no GraphQL SDL'],
  ])('%s', (_name, text, message) => {
    expect(() => compileDictionary(text)).toThrow(message)
  })

  test('a mapping that fits is taken, and a path given in systems.yaml wins over the dictionary’s', () => {
    expect(() => check('label: String @from(system: "s", path: "nmae")', { fields: { label: 'name' } })).not.toThrow()
  })
})

test('people of the same roles share one decision, an inactive person and an application read nothing', () => {
  const dictionary = compileDictionary(
    sdl('name: String @from(system: "s", path: "name") @read(roles: ["s:Boss", "role:auditor"])'),
  )
  const permissions = createPermissions(dictionary)
  const viewer = (roles: string[], more: object = {}): Viewer => ({
    kind: 'person',
    accessToken: '',
    tokenExpiresAt: 0,
    person: {
      id: 'e',
      username: 'e',
      name: { zh: '', en: '' },
      email: null,
      position: { zh: '', en: '' },
      departmentId: null,
      departmentName: { zh: '', en: '' },
      departmentPath: [],
      managerId: null,
      businessRoles: [],
      systems: { s: { id: '1', roles, scope: 'all' } },
      active: true,
      ...more,
    },
  })
  const may = (one: Viewer): boolean[] => dictionary.fields.map(field => permissions(one).may(field))
  expect(permissions(viewer(['Clerk'])).table).toBe(permissions(viewer(['Clerk'])).table)
  expect(may(viewer(['Clerk']))).toEqual([true, false])
  expect(may(viewer(['Boss']))).toEqual([true, true])
  expect(may(viewer([], { businessRoles: ['auditor'] }))).toEqual([false, true])
  expect(may(viewer(['Boss'], { active: false }))).toEqual([false, false])
  expect(may(viewer(['Boss'], { systems: { s: { id: null, roles: ['Boss'], scope: 'all' } } }))).toEqual([false, false])
  expect(may({ kind: 'client', clientId: 'crm', scopes: [], tokenExpiresAt: 0 })).toEqual([false, false])
})
