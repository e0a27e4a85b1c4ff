import { expect, test } from 'vitest'
import { mask } from '../access/masks.ts'
import { converterFor, Unfit } from './convert.ts'
import { addDecimals } from './decimal.ts'

test.each([
  ['Date', '2026-02-28', '2026-02-28'],
  ['Date', '2024-02-29', '2024-02-29'],
  ['Date', '2026-02-29', Unfit],
  ['Date', '2026-13-01', Unfit],
  ['Date', '2026-04-31', Unfit],
  ['Date', '01.02.2026', Unfit],
  ['Date', '2026-01-01+08:00', '2026-01-01'],
  ['Date', '2026-01-01T00:00:00Z', '2026-01-01'],
  ['Date', '2026-01-01T16:00:00Z', Unfit],
  ['DateTime', '2026-01-01T09:00:00+08:00', '2026-01-01T09:00:00+08:00'],
  ['DateTime', '2026-01-01T09:00:00', Unfit],
  ['DateTime', '2026-02-30T09:00:00Z', Unfit],
  ['DateTime', '2026-01-01T25:00:00Z', Unfit],
  ['Decimal', '12345678901234567890.10', '12345678901234567890.10'],
  ['Decimal', '64,2500.00', Unfit],
  ['Decimal', 'NaN', Unfit],
  ['Decimal', 10.5, '10.5'],
  ['Decimal', 1e30, Unfit],
  ['Float', '31.230399999999999', 31.2304],
  ['Float', 'far', Unfit],
  ['Int', '42', 42],
  ['Int', 2 ** 40, Unfit],
  ['Int', 1.5, Unfit],
  ['Boolean', 'true', true],
  ['Boolean', 'yes', Unfit],
  ['String', 12, '12'],
  ['String', { a: 1 }, Unfit],
  ['Int', '', null],
  ['Date', null, null],
])('%s of %j', (type, value, expected) => {
  const converted = converterFor(type, undefined)(value)
  if (expected === Unfit) expect(converted).toBeInstanceOf(Unfit)
  else expect(converted).toBe(expected)
})

test('a code that the dictionary does not know is no value', () => {
  const convert = converterFor('OrderStatus', new Map([['A', 'OPEN']]))
  expect(convert('A')).toBe('OPEN')
  expect(convert('OPEN')).toBeInstanceOf(Unfit)
})

test('masks show at most a part, whatever the form of the value', () => {
  expect(mask('PHONE', '13812345678')).toBe('138****5678')
  expect(mask('PHONE', '+86 138 1234 5678')).toBe('138****5678')
  expect(mask('PHONE', '12345')).toBe('****')
  expect(mask('EMAIL', 'li.na@huaxin.example')).toBe('l***@huaxin.example')
  expect(mask('EMAIL', 'not an address')).toBe('***')
  expect(mask('ADDRESS', '上海市浦东新区张江路 1 号')).toBe('上海市浦东新***')
  expect(mask('NAME', '李娜')).toBe('李**')
  expect(mask('PHONE', null)).toBeNull()
})

test('decimals add up exactly', () => {
  expect(addDecimals(['0.1', '0.2', '1234567890123456.01'])).toBe('1234567890123456.31')
  expect(addDecimals(['-1.50', '1'])).toBe('-0.50')
  expect(addDecimals([])).toBe('0')
})
