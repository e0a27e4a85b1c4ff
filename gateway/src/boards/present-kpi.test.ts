import { expect, it } from 'vitest'
import type { KpiDefinition } from './definition.ts'
import type { KpiRow } from './kpi-store.ts'
import { type PresentContext, presentKpi } from './present-kpi.ts'

const context = { language: 'zh', now: new Date(), history: [] } as unknown as PresentContext

/** A figure with a target as a board shows it. */
function shown(value: string, target: string, direction: 'at_least' | 'at_most') {
  const words = { zh: '用时', en: 'Time' }
  const kpi = { id: 'x', digest: 'd', name: words, unit: words, format: 'hours', system: 'oa', target: { direction } }
  const row = { definition: 'd', reading: { value, target }, at: new Date(), error_code: null }
  return presentKpi(kpi as unknown as KpiDefinition, row as unknown as KpiRow, context)
}

it.each([
  ['24.1', '24', 'at_most', '超出上限 0.4%'],
  ['24.001', '24', 'at_most', '超出上限 0.1%'],
  ['32', '20', 'at_most', '超出上限 60%'],
  ['23.9', '24', 'at_least', '低于目标 0.4%'],
] as const)('%s of %s (%s) is said to miss it: %s', (value, target, direction, words) => {
  expect(shown(value, target, direction)).toMatchObject({
    judgement: 'OFF_TARGET',
    judgementText: words,
    limit: direction === 'at_most',
  })
})
