import { expect, test } from 'vitest'
import type { ContractValue } from '../systems/drift/contract.ts'
import { unmappedProperties } from './unmapped.ts'

const value = (kind: string, list = false): ContractValue => ({ kind, list, required: false })
const answers = new Map([
  ['', value('record')],
  ['value', value('record', true)],
  ['value.Number', value('text')],
  ['value.Name', value('text')],
  ['value.Address', value('record')],
  ['value.Address.City', value('text')],
  ['value.Address.Street', value('text')],
  ['value.Orders', value('record', true)],
  ['value.Orders.Number', value('text')],
  ['value.Orders.Partner', value('record')],
  ['value.Orders.Partner.Name', value('text')],
  ['next', value('text')],
])
const reader = (...paths: string[]) => ({
  definition: { rows: 'value' } as never,
  fields: [{ field: {} as never, paths }],
  keyPath: 'Number',
})
const told = (...paths: string[]): string[] =>
  unmappedProperties([reader(...paths)], { takes: new Map(), answers }).map(one => one.path)

test('what a record leads to is one property; it is told part by part where some part is mapped', () => {
  expect(told()).toEqual(['Name', 'Address', 'Orders'])
  expect(told('Address.City')).toEqual(['Name', 'Address.Street', 'Orders'])
  expect(told('Name', 'Orders.Partner.Name')).toEqual(['Address', 'Orders.Number'])
})

test('what is mapped whole is mapped in all its parts', () => {
  expect(told('Address', 'Orders')).toEqual(['Name'])
})

test('several types that read one operation map it together; without a description nothing is told', () => {
  const both = unmappedProperties([reader('Name'), reader('Address')], { takes: new Map(), answers })
  expect(both).toEqual([{ path: 'Orders', kind: 'record', list: true }])
  expect(unmappedProperties([reader()], undefined)).toEqual([])
  expect(unmappedProperties([], { takes: new Map(), answers })).toEqual([])
})
