import { o } from 'odata'
import odataQuery from 'odata-query'
import { expect, test } from 'vitest'
import { Source, things } from './source.ts'
import { odataV2 } from './upstreams/odata-v2.ts'
import { odataV4 } from './upstreams/odata-v4.ts'

// No server library of OData is at hand, so a foreign client says whether the fake upstreams speak it.
// The package ships its types as CommonJS and its code as a module, so TypeScript looks for the function one level deeper.
const buildQuery = odataQuery as unknown as (options: object) => string
const group = things.filter(thing => thing.group === 'g1').map(thing => thing.id)
const headers = { 'content-type': 'application/json' }

test('a foreign client reads the v4 upstream', async () => {
  const upstream = await odataV4.start(new Source())
  const rows = await o(`${upstream.url}/`, { headers })
    .get(`Things${buildQuery({ filter: { group: 'g1' }, select: ['id'] })}`)
    .query()
  expect((rows as { id: string }[]).map(row => row.id)).toEqual(group)
  await upstream.stop()
})

test('a foreign client reads the v2 upstream, one by one and in a batch', async () => {
  const upstream = await odataV2.start(new Source())
  const read = `Things${buildQuery({ filter: { group: 'g1' }, select: ['id'] })}`
  const client = (): ReturnType<typeof o> => o(`${upstream.url}/`, { headers, fragment: 'd' })
  const { results } = (await client().get(read).query()) as { results: { id: string }[] }
  expect(results.map(row => row.id)).toEqual(group)
  const missing = `Things${buildQuery({ filter: { group: 'nobody' } })}`
  const parts = (await client().get(missing).get(read).batch()) as {
    status: number
    body: { results: { id: string }[] }
  }[]
  expect(parts.map(({ status, body }) => [status, body.results.map(row => row.id)])).toEqual([
    [200, []],
    [200, group],
  ])
  await upstream.stop()
})
