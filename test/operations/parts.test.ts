/** The portal's client of the graph, against the gateway over systems of which one is late. */
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { startThreeSystems, type ThreeSystems } from '../../gateway/src/schema/incremental.fixture.ts'
import { type Answer, createGraph, type Graph } from '../../portal/src/app/graph.ts'
import { shown } from '../../portal/src/app/use-operation.ts'

let three: ThreeSystems
let graph: Graph
beforeAll(async () => {
  // As it is built: otherwise urql looks for the kind of a stored operation in its text, which the browser does not have.
  vi.stubEnv('NODE_ENV', 'production')
  three = await startThreeSystems()
  graph = createGraph(
    three.url.replace('/graphql', ''),
    async () => 'portal',
    () => 'en',
  )
})
afterAll(() => three?.stop())
beforeEach(() => three.reset())

type Rows = { customers: { nodes: { value: string; debt?: { value: string } | null; contract?: { value: string } }[] } }
const rowsOf = (answer: Answer<unknown> | undefined): Rows['customers']['nodes'] =>
  (answer?.data as Rows | undefined)?.customers.nodes ?? []

it('shows what is there while one system is late, and the rest when it comes', async () => {
  const parts: Answer<unknown>[] = []
  const waiting = three.shut('erp')
  const whole = graph.queryStored('Joined', {}, part => parts.push(part))
  await vi.waitFor(() => expect(rowsOf(parts.at(-1))[2]?.contract).toEqual({ value: 'oa 3' }))
  expect(waiting, 'the ERP was asked and has not answered').toHaveLength(1)
  expect(parts.at(-1)).toMatchObject({ pending: true, faults: [] })
  expect(rowsOf(parts.at(-1))[0]).toEqual({ id: '1', value: 'crm 1', contract: { value: 'oa 1' } })
  three.open('erp')
  const answer = await whole
  expect(answer.pending).toBeUndefined()
  expect(rowsOf(answer)[0]).toMatchObject({ debt: { value: 'erp 1' }, contract: { value: 'oa 1' } })
  expect(answer.sources.map(one => one.system).sort()).toEqual(['crm', 'erp', 'oa'])
})

it('names the field that failed, and keeps what came', async () => {
  three.broken.add('erp')
  const answer = await graph.queryStored('Joined', {})
  expect(rowsOf(answer)[1]).toMatchObject({ value: 'crm 2', debt: null, contract: { value: 'oa 2' } })
  expect(answer.faults[0]).toMatchObject({ system: 'erp', field: 'customers.nodes.debt' })
})

it('goes on without what was awaited when the connection breaks', async () => {
  const parts: Answer<unknown>[] = []
  three.shut('erp')
  const whole = graph.queryStored('Joined', {}, part => parts.push(part))
  await vi.waitFor(() => expect(rowsOf(parts.at(-1))[2]?.contract).toEqual({ value: 'oa 3' }))
  three.hangUp()
  const end = await whole
  expect(end).toMatchObject({ data: undefined, faults: [{ code: 'OFFLINE' }] })
  const after = shown(parts.at(-1), end)
  expect(after.pending).toBeUndefined()
  expect([rowsOf(after)[0]?.value, after.faults[0]?.code]).toEqual(['crm 1', 'OFFLINE'])
})

it('replaces no whole answer by parts of the next', () => {
  const answer = (data: unknown, more: object = {}): Answer<unknown> => ({
    data,
    faults: [],
    sources: [],
    at: 0,
    ...more,
  })
  const [old, part, next] = [answer({ a: 1, b: 1 }), answer({ a: 2 }, { pending: true }), answer({ a: 2, b: 2 })]
  expect(shown(old, part)).toBe(old)
  expect(shown(part, answer({ a: 2, c: 1 }, { pending: true })).data).toEqual({ a: 2, c: 1 })
  expect(shown(old, next)).toBe(next)
  expect(shown(undefined, part)).toBe(part)
})
