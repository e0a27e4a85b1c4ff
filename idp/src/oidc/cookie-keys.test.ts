import { expect, test } from 'vitest'
import { cookieKeys } from './cookie-keys.ts'

const [old, young] = ['the key of last year', 'the key of this year']

test('what one key signed is verified with all of them, and signed anew with the first', () => {
  const before = cookieKeys([old])
  const after = cookieKeys([young, old])
  const signed = before.sign('session=abc')
  expect(after.index('session=abc', signed)).toBe(1)
  expect(after.index('session=abc', after.sign('session=abc'))).toBe(0)
  expect(before.verify('session=abc', after.sign('session=abc'))).toBe(false)
})

test('another value, a cut signature and an empty one are refused', () => {
  const keys = cookieKeys([old])
  const signed = keys.sign('session=abc')
  for (const [data, given] of [
    ['session=abd', signed],
    ['session=abc', signed.slice(1)],
    ['session=abc', ''],
    ['session=abc', `${signed.slice(0, -1)}é`],
  ] as const)
    expect(keys.verify(data, given)).toBe(false)
})
