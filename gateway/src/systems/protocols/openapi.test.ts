import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { type EntityDefinition, parseSystems } from '../configuration.ts'
import { describeOpenApi } from './openapi.ts'
import { type Description, InputFault, MappingFault, type Site } from './protocol.ts'

const site = (more: Partial<Site> = {}): Site => ({
  id: 's',
  endpoint: undefined,
  documentUrl: 'https://erp.example:8443/docs/swagger.json',
  jsonrpc: '2.0',
  typeTag: undefined,
  ...more,
})
const describe = (document: unknown, more: Partial<Site> = {}): Description =>
  describeOpenApi(typeof document === 'string' ? document : JSON.stringify(document), site(more))
function entity(operation: string, more: object = {}): EntityDefinition {
  const { systems } = parseSystems({
    company: { zone: 'UTC', currency: 'CNY' },
    systems: {
      s: {
        name: { zh: 'S', en: 'S' },
        url: 'http://s',
        protocol: 'openapi',
        authentication: { kind: 'none' },
        entities: { Thing: { operation, scope: 'none', ...more } },
      },
    },
  })
  return systems.s?.entities.Thing as EntityDefinition
}

// As springfox and Dolibarr's Restler write them: bodies among the parameters, answers of any type, names that are missing.
const swagger = {
  swagger: '2.0',
  info: { title: 'WMS', version: '1' },
  host: 'wms.example',
  basePath: '/api/v1/',
  schemes: ['http', 'https'],
  consumes: ['application/json'],
  produces: ['*/*'],
  parameters: { tenant: { name: 'X-Tenant', in: 'header', type: 'string' } },
  responses: { list: { description: 'ok', schema: { $ref: '#/definitions/OrderPage' } } },
  paths: {
    '/orders': {
      parameters: [{ $ref: '#/parameters/tenant' }, { name: 'limit', in: 'query', type: 'string' }],
      get: {
        operationId: 'listOrdersUsingGET',
        parameters: [
          { name: 'status', in: 'query', type: 'array', items: { type: 'string' }, collectionFormat: 'multi' },
          { name: 'codes', in: 'query', type: 'array', items: { type: 'string' } },
          { name: 'pipes', in: 'query', type: 'array', items: { type: 'string' }, collectionFormat: 'pipes' },
          { name: 'spaces', in: 'query', type: 'array', items: { type: 'string' }, collectionFormat: 'ssv' },
          { name: 'offset', in: 'query', type: 'integer' },
          { name: 'limit', in: 'query', type: 'integer' },
        ],
        responses: { 200: { $ref: '#/responses/list' }, 401: { description: 'no' } },
      },
      post: {
        operationId: 'createOrder',
        parameters: [{ name: 'order', in: 'body', required: true, schema: { $ref: '#/definitions/Order' } }],
        responses: { 201: { description: 'made', schema: { $ref: '#/definitions/Order' } } },
      },
    },
    '/orders/{id}/close': {
      post: {
        consumes: ['application/x-www-form-urlencoded'],
        parameters: [
          { name: 'id', in: 'path', required: true, type: 'string' },
          { name: 'reason', in: 'formData', type: 'string' },
          { name: 'tags', in: 'formData', type: 'array', items: { type: 'string' }, collectionFormat: 'multi' },
        ],
        responses: {
          default: { description: 'ok', schema: { type: 'array', items: { $ref: '#/definitions/Order' } } },
        },
      },
    },
    '/orders/{id}/scan': {
      post: {
        operationId: 'uploadScan',
        consumes: ['multipart/form-data'],
        parameters: [
          { name: 'id', in: 'path', required: true, type: 'string' },
          { name: 'file', in: 'formData', type: 'file' },
        ],
        responses: { 204: { description: 'ok' } },
      },
    },
    '/orders/{id}': {
      get: {
        operationId: 'listOrdersUsingGET',
        parameters: [{ name: 'id', in: 'path', required: true, type: 'string' }],
        responses: { 200: { description: 'ok', schema: { $ref: '#/definitions/Order' } } },
      },
    },
  },
  definitions: {
    Base: { type: 'object', properties: { id: { type: 'integer', format: 'int64' } } },
    Order: {
      allOf: [
        { $ref: '#/definitions/Base' },
        {
          type: 'object',
          properties: {
            no: { type: 'string' },
            lines: { type: 'array', items: { $ref: '#/definitions/Order' } },
            customer: { $ref: '#/definitions/Base' },
          },
        },
      ],
    },
    OrderPage: {
      type: 'object',
      properties: { data: { type: 'array', items: { $ref: '#/definitions/Order' } }, total: { type: 'integer' } },
    },
  },
}

test('Swagger 2.0 is read: addresses, lists, bodies and answers as that version writes them', () => {
  const api = describe(swagger)
  expect(api.protocolVersion).toBe('2.0')
  expect([...api.operations]).toMatchObject([
    ['listOrdersUsingGET', { safe: true }],
    ['createOrder', { safe: false }],
    ['POST /orders/{id}/close', { safe: false }],
    ['uploadScan', { safe: false }],
    // A name that was taken already does not hide the other operation.
    ['GET /orders/{id}', { safe: true }],
  ])
  const get = api.encode('listOrdersUsingGET', {
    status: ['A', 'B'],
    codes: ['x,y', 'z'],
    pipes: ['a', 'b'],
    spaces: ['a b', 'c'],
    offset: 0,
    'X-Tenant': 'acme',
  })
  expect(get.url).toBe(
    'https://wms.example/api/v1/orders?status=A&status=B&codes=x%2Cy,z&pipes=a%7Cb&spaces=a%20b%20c&offset=0',
  )
  expect(get.headers).toEqual({ accept: 'application/json', 'x-tenant': 'acme' })
  const post = api.encode('createOrder', { no: '1', customer: { id: '7' } })
  expect(post).toMatchObject({ method: 'POST', headers: { 'content-type': 'application/json' } })
  expect(JSON.parse(post.body ?? '')).toEqual({ no: '1', customer: { id: '7' } })
  const close = api.encode('POST /orders/{id}/close', { id: '../7', reason: 'späť & more', tags: ['a', 'b'] })
  expect(close.url).toBe('https://wms.example/api/v1/orders/..%2F7/close')
  expect(close.headers['content-type']).toBe('application/x-www-form-urlencoded')
  expect([...new URLSearchParams(close.body)]).toEqual([
    ['reason', 'späť & more'],
    ['tags', 'a'],
    ['tags', 'b'],
  ])
  expect(() => api.encode('uploadScan', { id: '7', file: 'x' })).toThrow(/in parts .*not written/)
  for (const input of [{ nope: 1 }, { 'X-Tenant': 'a\r\nx: y' }, { status: [] }])
    expect(() => api.encode('listOrdersUsingGET', input)).toThrow(InputFault)
})

test('mappings are checked against definitions, through allOf and references that lead back', () => {
  const api = describe(swagger)
  const orders = entity('listOrdersUsingGET', { rows: 'data', filter: { code: 'codes' } })
  expect(() => api.check(orders, ['id', 'no', 'customer.id'])).not.toThrow()
  expect(() => api.check(orders, ['nome'])).toThrow(/answers no property nome/)
  expect(() => api.check({ ...orders, rows: 'rows' }, ['id'])).toThrow(/no list at "rows"/)
  expect(() => api.check({ ...orders, filter: { x: 'nope' } as never }, ['id'])).toThrow(/takes no nope/)
})

test.each([
  [{ basePath: '/a' }, 'https://erp.example:8443/a/x'],
  [{ host: 'h:81', basePath: '/a' }, 'https://h:81/a/x'],
  [{ host: 'h', schemes: ['http'] }, 'http://h/x'],
  [{}, 'https://erp.example:8443/x'],
])('without all of its address a document means the place it came from: %j', (address, url) => {
  const api = describe({ swagger: '2.0', ...address, paths: { '/x': { get: { operationId: 'x', responses: {} } } } })
  expect(api.encode('x', {}).url).toBe(url)
  expect(
    describe({ swagger: '2.0', ...address, paths: { '/x': { get: {} } } }, { endpoint: 'http://e/b/' }).encode(
      'GET /x',
      {},
    ).url,
  ).toBe('http://e/b/x')
})

const things = {
  type: 'array',
  items: { $ref: '#/components/schemas/Thing' },
}
const openApi = (version: string): object => ({
  openapi: version,
  servers: [
    { url: 'https://{region}.example/{base}', variables: { region: { default: 'eu' }, base: { default: 'v2' } } },
  ],
  paths: {
    '/things': {
      parameters: [{ name: 'ids', in: 'query', schema: { type: 'string' } }],
      get: {
        operationId: 'things',
        parameters: [
          { name: 'ids', in: 'query', schema: { $ref: '#/components/schemas/Ids' } },
          {
            name: 'tags',
            in: 'query',
            explode: false,
            schema: { type: version.startsWith('3.1') ? ['array', 'null'] : 'array', items: { type: 'string' } },
          },
          { name: 'filter', in: 'query', style: 'deepObject', schema: { type: 'object' } },
          { name: 'offset', in: 'query' },
          { name: 'limit', in: 'query' },
        ],
        responses: {
          '2XX': { description: 'ok', content: { 'application/hal+json; charset=utf-8': { schema: things } } },
        },
      },
    },
  },
  components: {
    schemas: {
      Ids: { type: version.startsWith('3.1') ? ['array', 'null'] : 'array', nullable: true, items: { type: 'string' } },
      Thing: {
        oneOf: [
          { properties: { a: { type: 'string' } } },
          { properties: { 'b/c': { $ref: '#/components/schemas/Thing~1x' } } },
        ],
      },
      'Thing/x': { type: 'object', properties: { z: { type: 'number', nullable: true } } },
    },
  },
})

test.each(['3.0.3', '3.1.1'])('OpenAPI %s is read, in JSON and in YAML, to the same calls', version => {
  for (const text of [
    JSON.stringify(openApi(version)),
    `\ufeff${JSON.stringify(openApi(version), null, 2)}`,
    stringify(openApi(version)),
  ]) {
    const api = describe(text)
    const { url } = api.encode('things', { ids: ['1', '2'], tags: ['x', 'y'], filter: { a: 1 } })
    expect(url).toBe('https://eu.example/v2/things?ids=1&ids=2&tags=x,y&filter%5Ba%5D=1')
    expect(() => api.check(entity('things', { filter: { id: 'ids' } }), ['a', 'b/c.z'])).not.toThrow()
    expect(() => api.check(entity('things'), ['b/c.y'])).toThrow(MappingFault)
  }
})

test('what lies outside the document is refused by name, and so is what is no such document', () => {
  const outside = {
    openapi: '3.0.0',
    paths: {
      '/x': {
        get: {
          operationId: 'x',
          responses: { 200: { content: { 'application/json': { schema: { $ref: 'schemas.yaml#/Thing' } } } } },
        },
      },
    },
  }
  expect(() => describe(outside)).toThrow(/schemas\.yaml#\/Thing, which lies outside it; give one document/)
  expect(() => describe({ swagger: '2.0', paths: { '/x': { $ref: 'https://elsewhere/x.json' } } })).toThrow(
    /elsewhere.* outside it/,
  )
  expect(() => describe({ openapi: '3.0.0', paths: { '/x': { $ref: '#/nowhere' } } })).toThrow(/which it does not have/)
  for (const text of ['{"openapi":"4.0"}', '{"swagger":"1.2","apis":[]}', 'null', '[]', 'text', '{', 'a: [1', '<html>'])
    expect(() => describe(text)).toThrow(MappingFault)
})

test('a document of five megabytes in JSON is read in a moment', () => {
  const paths = Object.fromEntries(
    Array.from({ length: 4000 }, (_, n) => [
      `/p${n}`,
      {
        get: {
          operationId: `op${n}`,
          description: 'x'.repeat(800),
          responses: { 200: { content: { 'application/json': { schema: things } } } },
        },
      },
    ]),
  )
  const text = JSON.stringify({ ...openApi('3.1.0'), paths })
  const started = performance.now()
  expect(describe(text).operations.size).toBe(4000)
  expect(performance.now() - started).toBeLessThan(1500)
})
