import { startServer } from '../../../gateway/src/systems/testing/server.ts'
import type { Adapter } from '../adapters.ts'

/** REST without a description: conditions are parameters, the next page is an address in the answer. */
export const rest: Adapter = {
  name: 'rest',
  pages: true,
  errors: [
    { status: 200, body: '{"code":40014,"message":"session expired"}' },
    { status: 200, body: '{"code":0}' },
    { status: 200, body: '{"code":0,"items":[],"__next":{"page":2}}' },
  ],
  async start(source) {
    return await startServer(({ rawPath }, response) => {
      const asked = new URL(rawPath, 'http://s').searchParams
      const field = (['id', 'group'] as const).find(one => asked.has(one))
      const start = Number(asked.get('skiptoken') ?? 0)
      const limit = Math.min(Number(asked.get('size')), source.pageSize)
      const { rows, total } = source.find({ field, values: asked.getAll(field ?? ''), offset: start, limit })
      const left = start + limit < total
      if (left) asked.set('skiptoken', String(start + limit))
      const text = JSON.stringify({ code: 0, items: rows, total, ...(left && { __next: `/api/things?${asked}` }) })
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(text.replace(/"(amount|big)":"([-\d.]+)"/g, '"$1":$2'))
    })
  },
  definition: url => ({
    protocol: 'rest',
    endpoint: `${url}/api/`,
    answers: { errorWhen: [{ path: 'code', not: 0, unauthenticated: [40014] }] },
    rest: {
      operations: {
        things: { path: '/things', query: { size: '$limit' } },
      },
      conditions: { as: 'parameters' },
    },
  }),
  entity: {
    operation: 'things',
    rows: 'items',
    total: 'total',
    page: { style: 'link', next: '__next' },
    filter: { id: 'id', group: 'group' },
  },
  answer: rows => JSON.stringify({ code: 0, items: rows, total: rows.length }),
}
