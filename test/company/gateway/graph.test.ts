import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGraph, type TestGraph } from './graph.fixture.ts'

let graph: TestGraph
beforeAll(async () => {
  graph = await startGraph('2026-11-20')
}, 240_000)
afterAll(() => graph?.close())

test('one customer is joined from three systems', async () => {
  const answer = await graph.ask(
    'zhao.lei',
    '{ customers(first: 3) { totalCount nodes { code name phone owner { name } orders(first: 2) { number netAmount status salesPerson { name } } contracts { number amount } receivable { open overdue invoices currency } creditLimit } } }',
  )
  console.log(JSON.stringify(answer, null, 1).slice(0, 4000), graph.calls())
  expect(answer.errors).toBeUndefined()
})
