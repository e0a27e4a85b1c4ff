import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSchema, createYoga } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compileDictionary } from '../../gateway/src/schema/dictionary.ts'
import { checkEntities, compileEntities } from '../../gateway/src/schema/entities.ts'
import { parseSystems } from '../../gateway/src/systems/configuration.ts'
import { describe as describeSystem } from '../../gateway/src/systems/description.ts'
import type { Condition } from '../../gateway/src/systems/protocols/protocol.ts'
import { json, startServer } from '../../gateway/src/systems/testing/server.ts'
import type { Adapter } from './adapters.ts'
import { type Gateway, gatewayTo } from './gateway.ts'

// Text in one of two properties, asked of systems whose operations take one input each: a record that has it in both is one.
const things = Array.from({ length: 60 }, (_, n) => ({
  id: `k${n}`,
  name: n % 3 === 0 ? `needle ${n}` : `thing ${n}`,
  group: n % 4 === 0 ? 'needle' : 'other',
}))
const inName = things.filter(one => one.name.includes('needle'))
const inEither = [...inName, ...things.filter(one => one.group.includes('needle') && !inName.includes(one))]

interface Asked {
  name: string | null
  group: string | null
  offset: number
  limit: number
}
function find({ name, group, offset, limit }: Asked) {
  const found = things.filter(one => one.name.includes(name ?? '') && one.group.includes(group ?? ''))
  return { items: found.slice(offset, offset + limit), total: found.length }
}

const properties = { id: { type: 'string' }, name: { type: 'string' }, group: { type: 'string' } }
const document = {
  openapi: '3.1.0',
  paths: {
    '/things': {
      get: {
        operationId: 'things',
        parameters: ['name', 'group', 'offset', 'limit'].map(name => ({ name, in: 'query' })),
        responses: {
          200: {
            content: {
              'application/json': {
                schema: { properties: { items: { type: 'array', items: { properties } }, total: { type: 'integer' } } },
              },
            },
          },
        },
      },
    },
  },
}
const entity = {
  operation: 'things',
  rows: 'items',
  total: 'total',
  filter: { search: { any: ['name', 'group'], reads: ['name', 'group'] } },
  fields: { amount: { constant: '1' }, big: { constant: '1' }, at: { constant: '2026-01-01T00:00:00Z' } },
}
const base = { errors: [], answer: () => '', entity }

const openapi: Adapter = {
  ...base,
  name: 'openapi',
  definition: url => ({ protocol: 'openapi', document: `${url}/openapi.json`, endpoint: url }),
  start: () =>
    startServer(({ path, rawPath }, response) => {
      const asked = new URL(rawPath, 'http://s').searchParams
      const number = (name: string): number => Number(asked.get(name))
      const given = { name: asked.get('name'), group: asked.get('group') }
      if (path === '/openapi.json') return json(response, document)
      json(response, find({ ...given, offset: number('offset'), limit: number('limit') }))
    }),
}
const graphql: Adapter = {
  ...base,
  name: 'graphql',
  definition: url => ({ protocol: 'graphql', endpoint: `${url}/graphql` }),
  async start() {
    const typeDefs =
      'type Query { things(name: String, group: String, offset: Int!, limit: Int!): Page! } type Page { items: [Thing!]! total: Int! } type Thing { id: ID! name: String group: String }'
    const resolvers = { Query: { things: (_: unknown, asked: Asked) => find(asked) } }
    const server = createServer(createYoga({ logging: false, schema: createSchema({ typeDefs, resolvers }) }))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      async stop() {
        server.closeAllConnections()
        await new Promise(resolve => server.close(resolve))
      },
    }
  },
}

describe.each([openapi, graphql].map(one => [one.name, one] as const))('%s', (_, adapter) => {
  let upstream: Awaited<ReturnType<Adapter['start']>>
  let gateway: Gateway
  beforeAll(async () => {
    upstream = await adapter.start(undefined as never)
    gateway = await gatewayTo(upstream.url, adapter)
  })
  afterAll(async () => {
    await gateway.connector.close()
    await upstream.stop()
  })
  const where: Condition[] = [{ any: ['name', 'group'], contains: 'needle' }]
  const keys = inEither.map(one => one.id)

  test('every page holds each record once, in one order, and the pages together hold all', async () => {
    for (const size of [1, 7, 20, 200]) {
      const read: string[] = []
      let more: boolean | undefined = true
      while (more) {
        const page = await gateway.page(where, read.length, size)
        expect(page.keys).toEqual(keys.slice(read.length, read.length + size))
        if (page.total !== null) expect(page.total).toBe(keys.length)
        read.push(...page.keys)
        more = page.more
      }
      expect(read).toEqual(keys)
    }
    expect((await gateway.page(where, 0, 200)).total).toBe(keys.length)
  })

  test('one property is one call, and a condition beside it holds for all of them', async () => {
    expect((await gateway.page([{ any: ['name'], contains: 'needle' }], 0, 200)).keys).toEqual(
      inName.map(one => one.id),
    )
    const both = await gateway.page([...where, { any: ['name'], contains: '1' }], 0, 200).catch((error: Error) => error)
    // Two texts in one input: refused, not half asked.
    expect(both).toMatchObject({ code: 'INPUT_FAULT' })
  })

  test('a search that goes on and on is ended', async () => {
    await expect(gateway.page(where, 950, 100)).rejects.toMatchObject({ extensions: { code: 'BAD_INPUT' } })
  })
})

test.each([
  ['without a key', 'type Thing @entity(system: "s")', ['name', 'group'], /filter search looks in several inputs/],
  [
    'by an input that is not there',
    'type Thing @entity(key: "id", system: "s")',
    ['name', 'title'],
    /filter search: .*takes no title/,
  ],
])('refused when the mapping is checked: %s', (_, head, any, message) => {
  const dictionary = compileDictionary(
    `${head} @read(roles: ["*"]) { id: ID! @from(system: "s", path: "id") name: String @from(system: "s", path: "name") }`,
  )
  const { fields: _fields, ...mapped } = entity
  const file = parseSystems({
    company: { zone: 'UTC', currency: 'CNY' },
    systems: {
      s: {
        name: { zh: 'S', en: 'S' },
        url: 'http://s',
        authentication: { kind: 'none' },
        ...openapi.definition('http://s'),
        entities: { Thing: { ...mapped, scope: 'none', filter: { search: { any, reads: ['name'] } } } },
      },
    },
  })
  const { description } = describeSystem('s', file.systems.s as never, JSON.stringify(document))
  expect(() => checkEntities(compileEntities(dictionary, file), 's', description)).toThrow(message)
})
