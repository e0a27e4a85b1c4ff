import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compileDictionary } from '../../schema/dictionary.ts'
import { checkEntities, compileEntities } from '../../schema/entities.ts'
import { parseSystems } from '../configuration.ts'
import { Connector } from '../connector.ts'
import { json, startServer, type TestServer } from '../testing/server.ts'
import { type AnswersDefinition, answersDefinition } from './error-in-answer.ts'
import { linkOf } from './paging.ts'
import type { OperationCall, Question, Row } from './protocol.ts'

// 47 rows told in every style there is; `/lying` is described as a text, as Dolibarr's lists are.
const all = Array.from({ length: 47 }, (_, index) => ({ id: `r${index}`, state: index % 2 ? '3' : '1' }))
const rowSchema = { type: 'object', properties: { id: { type: 'string' }, state: { type: 'string' } } }
const list = { type: 'array', items: rowSchema }
const wrapped = { type: 'object', properties: { rows: list, next: { type: 'string' } } }
const operation = (operationId: string, inputs: string[], schema: object): object => ({
  get: {
    operationId,
    parameters: inputs.map(name => ({ name, in: 'query', schema: { type: 'string' } })),
    responses: { 200: { content: { 'application/json': { schema } } } },
  },
})
const document = {
  openapi: '3.0.3',
  paths: {
    '/offset': operation('offset', ['offset', 'limit'], list),
    '/counted': operation('counted', ['offset', 'limit'], {
      type: 'object',
      properties: { rows: list, total: { type: 'integer' } },
    }),
    '/page': operation('page', ['p', 'size'], wrapped),
    '/cursor': operation('cursor', ['after', 'limit'], wrapped),
    '/link': operation('link', ['limit'], list),
    '/none': operation('none', [], list),
    '/lying': operation('lying', ['state'], { type: 'string' }),
    '/enveloped': operation('enveloped', ['offset', 'limit'], { type: 'object', properties: { data: wrapped } }),
    '/loop': operation('loop', ['after', 'limit'], wrapped),
  },
}

let server: TestServer
let connector: Connector

beforeAll(async () => {
  server = await startServer(({ path }, response) => answer(new URL(path, server.url), response))
  connector = connect()
})
afterAll(async () => {
  await connector.close()
  await server.stop()
})

function answer(url: URL, response: ServerResponse<IncomingMessage>): unknown {
  const number = (name: string, fallback: number): number => Number(url.searchParams.get(name) ?? fallback)
  const limit = Math.min(20, number('limit', 10))
  const part = (from: number): object[] => all.slice(from, from + limit)
  switch (url.pathname) {
    case '/openapi.json':
      return json(response, document)
    case '/offset':
      return json(response, part(number('offset', 0)))
    case '/counted':
      return json(response, { rows: part(number('offset', 0)), total: all.length })
    case '/page': {
      const size = number('size', 10)
      return json(response, { rows: all.slice((number('p', 1) - 1) * size, number('p', 1) * size) })
    }
    case '/cursor': {
      const from = number('after', 0)
      return json(response, { rows: part(from), next: from + limit < all.length ? String(from + limit) : '' })
    }
    case '/link': {
      const from = number('from', 0)
      const next = `<${server.url}/link?limit=${limit}&from=${from + limit}>; title="next, more"; rel="prefetch next"`
      if (from + limit < all.length) response.setHeader('link', `<${server.url}/link>; rel="first", ${next}`)
      return json(response, part(from))
    }
    case '/loop':
      return json(response, { rows: part(0), next: 'again' })
    case '/enveloped':
      return json(
        response,
        number('offset', 0) > 900 ? { code: 500, msg: '内部错误' } : { code: '0', data: { rows: part(0) } },
      )
    default: {
      const states = url.searchParams.getAll('state')
      return json(response, states.length > 0 ? all.filter(row => states.includes(row.state)) : all)
    }
  }
}

const page = { offset: { style: 'offset' }, page: { style: 'page', page: 'p', limit: 'size' } } as const
const entities = {
  Offset: { operation: 'offset', page: page.offset },
  Small: { operation: 'offset', page: page.offset, max: 20 },
  Counted: { operation: 'counted', rows: 'rows', total: 'total', page: page.offset },
  Paged: { operation: 'page', rows: 'rows', page: page.page, max: 15 },
  Cursor: { operation: 'cursor', rows: 'rows', page: { style: 'cursor', cursor: 'after', next: 'next' }, max: 20 },
  Link: { operation: 'link', page: { style: 'link' }, max: 20 },
  Whole: { operation: 'none', page: { style: 'none' } },
  Lying: {
    operation: 'lying',
    page: { style: 'none' },
    filter: { state: 'state' },
    fields: { state: { codes: 'state' } },
  },
  Enveloped: { operation: 'enveloped', rows: 'rows' },
  Loop: { operation: 'loop', rows: 'rows', page: { style: 'cursor', cursor: 'after', next: 'next' }, max: 20 },
}
const file = parseSystems({
  company: { zone: 'Asia/Shanghai', currency: 'CNY' },
  systems: {
    s: {
      name: { zh: 'S', en: 'S' },
      url: 'http://s',
      protocol: 'openapi',
      document: 'http://s/openapi.json',
      authentication: { kind: 'none' },
      codes: { state: { '1': 'OPEN', '3': 'DONE' } },
      types: { lying: { answers: { '': 'list' }, takes: { state: 'list' } } },
      entities: Object.fromEntries(Object.entries(entities).map(([name, one]) => [name, { scope: 'none', ...one }])),
    },
  },
})
const dictionary = compileDictionary(
  `enum State { OPEN DONE } ${Object.keys(entities)
    .map(
      name => `type ${name} @entity(key: "id", system: "s") @read(roles: ["*"]) {
        id: ID! @from(system: "s", path: "id") state: State @from(system: "s", path: "state") }`,
    )
    .join('\n')}`,
)
const compiled = compileEntities(dictionary, file)

function connect(answers?: AnswersDefinition): Connector {
  const definition = file.systems.s
  if (!definition) throw new Error('no system')
  const at = {
    ...definition,
    document: `${server.url}/openapi.json`,
    endpoint: server.url,
    ...(answers && { answers }),
  }
  return new Connector('s', at as typeof definition, {} as never, { onBreaker() {}, onCall() {}, onDescribed() {} })
}

async function read(type: string, offset: number, limit: number, where: object[] = []) {
  const entity = compiled.get(`s.${type}`)
  if (!entity) throw new Error(`no ${type}`)
  const description = await connector.description(Date.now() + 2000)
  const question = { where, offset, limit, count: true, select: ['id', 'state'], sort: undefined } as Question
  let call: OperationCall | undefined = await description.ask(entity.definition, question)
  const rows: Row[] = []
  for (let pages = 0; call && rows.length < limit && pages < 20; pages += 1) {
    const options = { credential: { kind: 'service' } as const, deadline: Date.now() + 5000, safe: true }
    const answered = await connector.invoke(call.operation, call.input, options)
    const page = description.rows(entity.definition, answered, call)
    rows.push(...page.rows)
    call = await page.next
  }
  return { rows }
}

describe('pages of every style', () => {
  test.each(['Small', 'Counted', 'Paged', 'Cursor', 'Link', 'Whole'])(
    '%s: any part of the list is that part',
    async type => {
      for (const [offset, limit] of [
        [0, 20],
        [0, 200],
        [7, 20],
        [20, 20],
        [40, 20],
        [46, 5],
        [60, 5],
      ] as const) {
        const { rows } = await read(type, offset, limit)
        expect(rows.slice(0, limit).map(row => row.id)).toEqual(all.slice(offset, offset + limit).map(row => row.id))
      }
    },
  )

  test('offsets are told as they are', async () => {
    expect((await read('Offset', 30, 10)).rows.map(row => row.id)).toEqual(all.slice(30, 40).map(row => row.id))
  })

  test('a page number finds its place with one call when the place is that of a page', async () => {
    const before = server.requests.length
    await read('Paged', 30, 10)
    expect(server.requests.slice(before).map(one => one.path)).toEqual(['/page?p=4&size=10'])
  })

  test('a system that tells the same page again and again is found out', async () => {
    await expect(read('Loop', 30, 20)).rejects.toMatchObject({ code: 'UPSTREAM_BAD_ANSWER' })
  })
})

test('what the description says wrongly, the mapping says rightly', async () => {
  const description = await connector.description(Date.now() + 2000)
  expect(() => checkEntities(compiled, 's', description)).toThrow(/Enveloped.*no list/)
  const { rows } = await read('Lying', 0, 100, [{ field: 'state', op: 'in', values: ['3'] }])
  expect(rows).toHaveLength(23)
  const before = server.requests.length
  await read('Lying', 0, 100, [{ field: 'state', op: 'in', values: ['3', '1'] }])
  // As a text it would have been state=3,1.
  expect(server.requests[before]?.rawPath).toBe('/lying?state=3&state=1')
})

test('an error inside a success is an error, and rows lie within the envelope', async () => {
  const before = connector
  connector = connect(answersDefinition.parse({ errorWhen: [{ path: 'code', not: [0], reason: 'msg' }], data: 'data' }))
  try {
    const description = await connector.description(Date.now() + 2000)
    const only = new Map([...compiled].filter(([id]) => id === 's.Enveloped'))
    expect(() => checkEntities(only, 's', description)).not.toThrow()
    expect((await read('Enveloped', 0, 5)).rows).toHaveLength(5)
    await expect(read('Enveloped', 901, 5)).rejects.toMatchObject({ code: 'UPSTREAM_REFUSED', reasonCode: '500' })
  } finally {
    await connector.close()
    connector = before
  }
})

test.each([
  ['<https://a/?p=2>; rel="next"', 'https://a/?p=2'],
  ['<https://a/1>; rel="prev", <https://a/3>; rel=next', 'https://a/3'],
  ['<https://a/3>; rel="nextversion"', undefined],
  [undefined, undefined],
])('%s', (header, expected) => {
  expect(linkOf(header)).toBe(expected)
})
