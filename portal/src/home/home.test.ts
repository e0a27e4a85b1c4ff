import { describe, expect, it } from 'vitest'
import { customersToFollowUp } from '../../../widgets/src/builtin/customers-to-follow-up/manifest.ts'
import { variablesOf } from './action-form.tsx'
import { sentence } from './lede.tsx'

describe('the opening sentence', () => {
  it.each([
    [0, 0, 0, 'home.lede.none'],
    [5, 0, 0, 'home.lede.waiting'],
    [5, 2, 0, 'home.lede.late'],
    [5, 2, 7, 'home.lede.late.follow'],
    [0, 0, 7, 'home.lede.none.follow'],
  ])('%d open, %d late, %d customers: %s', (open, late, customers, key) => {
    expect(sentence(open, late, customers)).toBe(key)
  })
})

describe('the form of a widget’s action', () => {
  it('sends the row’s key and what was written, moments in ISO 8601, nothing empty', () => {
    const action = customersToFollowUp.actions[0]
    const row = { customer: { code: 'C00012' } }
    expect(variablesOf(action, row, { text: ' 谈了价格 ', nextAt: '2026-11-30T09:00', nextText: ' ' })).toEqual({
      customer: 'C00012',
      text: '谈了价格',
      nextAt: new Date(2026, 10, 30, 9).toISOString(),
    })
  })
})
