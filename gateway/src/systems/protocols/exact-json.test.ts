import { expect, test } from 'vitest'
import { parseExactJson } from './exact-json.ts'

test.each([
  ['{"id":9007199254740993}', { id: '9007199254740993' }],
  ['{"id": -9223372036854775808, "n": 7}', { id: '-9223372036854775808', n: 7 }],
  ['[1,12345678901234567.10]', [1, '12345678901234567.10']],
  ['{"a":[[9007199254740993]]}', { a: [['9007199254740993']] }],
  ['{"a":\n\t1234567890123456789}', { a: '1234567890123456789' }],
  // what a float holds stays a number, whatever stands in texts
  ['{"id":9007199254740991,"half":0.30000000000000004}', { id: 9007199254740991, half: 0.30000000000000004 }],
  ['{"note":"no: 12345678901234567890","n":1.50}', { note: 'no: 12345678901234567890', n: 1.5 }],
])('%s keeps every digit', (text, value) => {
  expect(parseExactJson(text)).toEqual(value)
})

test('what is no JSON is refused', () => {
  for (const text of ['{"id":9007199254740993', '{"a":1', '']) expect(() => parseExactJson(text)).toThrow(SyntaxError)
})
