import { startServer } from '../../../gateway/src/systems/testing/server.ts'
import type { Adapter } from '../adapters.ts'
import type { Thing } from '../source.ts'

interface Asked {
  fields: string
  filter: string
  start: number
  limit: number
}

const names = ['id', 'group', 'amount', 'at', 'big', 'name'] as const

/** REST whose rows are lists of values in the order asked for, whose conditions are one text, and whose times have no zone. */
export const restByPosition: Adapter = {
  name: 'rest with rows by position',
  errors: [
    { status: 200, body: '{"id":1,"data":[[{"Result":{"IsSuccess":false,"Message":"no such field"}}]]}' },
    { status: 200, body: '{"Result":{"IsSuccess":"false"}}' },
    { status: 200, body: 'response_error:{"Message":"a failure"}' },
  ],
  async start(source) {
    return await startServer(({ body }, response) => {
      const { fields, filter, start, limit } = JSON.parse(body) as Asked
      const told = /^(id|group) (?:=|IN) \(?(.*?)\)?$/s.exec(filter)
      const values = [...(told?.[2] ?? '').matchAll(/'((?:[^']|'')*)'/g)].map(([, one]) =>
        String(one).replaceAll("''", "'"),
      )
      const { rows } = source.find({ field: told?.[1] as 'id' | 'group' | undefined, values, offset: start, limit })
      const asked = fields.split(',') as (keyof Thing)[]
      const lists = rows.map(row => {
        // A hostile source has rows that are no records; they go out as they are.
        if (row === null || typeof row !== 'object' || Array.isArray(row)) return row
        return asked.map(name => {
          const value = (row as Partial<Thing>)[name]
          return name === 'at' && typeof value === 'string' ? value.replace(/Z$/, '.000') : (value ?? null)
        })
      })
      const digits = names.filter(name => name === 'big' || name === 'amount').map(name => asked.indexOf(name))
      const text = JSON.stringify({ id: 1, data: lists }, (key, value: unknown) =>
        digits.includes(Number(key)) && typeof value === 'string' && /^[-\d.]+$/.test(value)
          ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(value)
          : value,
      )
      response.writeHead(200, { 'content-type': 'application/json' }).end(text)
    })
  },
  definition: url => ({
    protocol: 'rest',
    endpoint: url,
    answers: {
      errorWhen: ['data.0.0.Result', 'Result'].map(at => ({
        path: `${at}.IsSuccess`,
        is: false,
        reason: `${at}.Message`,
      })),
    },
    rest: {
      operations: {
        query: {
          method: 'POST',
          path: '/query',
          safe: true,
          byPosition: true,
          body: { fields: '$fields', filter: '$where', start: '$offset', limit: '$limit' },
        },
      },
      select: ',',
      conditions: {
        as: 'text',
        terms: { eq: '{field} = {value}', in: '{field} IN ({values})' },
        nothing: '1 = 2',
        quote: {},
      },
      values: { time: ['at'] },
      times: 'local',
      errorText: 'response_error:',
    },
  }),
  entity: { operation: 'query', rows: 'data', filter: { id: 'id', group: 'group' } },
  answer: rows => {
    const lists = rows.map(row => names.map(name => (row as Record<string, unknown> | null)?.[name] ?? null))
    return JSON.stringify({ id: 1, data: lists })
  },
}
