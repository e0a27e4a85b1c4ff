import { monitorEventLoopDelay } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { accountsOf } from '../provisioning/accounts.ts'
import type { Systems } from '../systems/types.ts'
import { addMonths, companyCalendar } from './company-calendar.ts'
import { compute, faultOf } from './expressions.ts'

const kpi = { id: 'sales', system: 'ledger' }
const calendar = companyCalendar('Asia/Shanghai', () => new Date('2026-02-03T01:00:00Z'))
const computed = (source: string, input: unknown = {}) => compute(kpi, source, input, calendar)

test('a figure may use months, days and the sum of nothing beside what JSONata has', async () => {
  for (const count of [1, 3, 14]) expect(await computed(`$months(${count})`)).toEqual(calendar.months(count))
  for (const by of [-26, -12, -1, 0, 10, 11])
    expect(await computed(`$shift('2026-02', ${by})`)).toBe(addMonths('2026-02', by))
  for (const name of ['today', 'month', 'monthStart-12M', 'yearStart-1y', 'monthEnd'])
    expect(await computed(`$date("${name}")`)).toBe(calendar.resolve(name))
  expect(await computed("goals[Month = $date('month')].Amount", { goals: [{ Month: '2026-02', Amount: '7' }] })).toBe(
    '7',
  )
  expect(await computed('$zero(a)', { a: null })).toBe(0)
  expect(await computed('$zero(a)', { a: '1.5' })).toBe('1.5')
  expect(await computed('$zero(a)', {})).toBeUndefined()
  expect(await computed("$months(2).{ 'key': $, 'n': $lookup($$.by, $) }", { by: { '2026-02': 3 } })).toEqual([
    { key: '2026-01' },
    { key: '2026-02', n: 3 },
  ])
})

test('an expression that is none, or asks for a day by a name that is computed, is a fault of the configuration', () => {
  expect(faultOf('$zero(')).toMatch(/is no JSONata/)
  expect(faultOf("$date('mon' & 'th')")).toBeNull()
  expect(faultOf('$date(name)')).toMatch(/takes a name as it is written/)
})

test('a list of many records is given whole', async () => {
  const items = Array.from({ length: 2000 }, (_, n) => ({ id: `${n}`, text: 'x'.repeat(300) }))
  expect(await computed('items', { items })).toEqual(items)
  expect(await computed("items.{ 'key': id, 'text': text }", { items })).toHaveLength(2000)
})

test('expressions of figures and of accounts that do not end are stopped, and nobody waits for them', async () => {
  const spin = (name: string): string => `($${name} := function($n) { $${name}($n) }; $${name}(1))`
  const asks = { operation: 'list', page: spin('page'), byUserName: 'userName', items: 'items', total: 'total' }
  const target = { list: asks, account: 'account', save: { operation: 'save', input: 'account' } }
  // No system is asked before its question is computed.
  const accounts = accountsOf('oa', target, {} as Systems)
  await computed("{ 'ready': true }")
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const [figure, page] = await Promise.allSettled([computed(spin('value')), accounts.page(0, 10)])
  delay.disable()
  expect(figure).toMatchObject({ status: 'rejected', reason: { code: 'UPSTREAM_BAD_ANSWER', system: 'ledger' } })
  expect(page).toMatchObject({ status: 'rejected', reason: { code: 'UPSTREAM_BAD_ANSWER', system: 'oa' } })
  for (const one of [figure, page])
    expect(String((one as PromiseRejectedResult).reason)).toContain('takes too long to compute')
  expect(delay.max / 1e6).toBeLessThan(1000)
  expect(await computed('$sum(a)', { a: [1, 2] })).toBe(3)
})
