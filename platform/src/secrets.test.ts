import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { open, sameSecret, seal } from './secrets.ts'

test('what is sealed opens under its key only, and not when a bit was changed', () => {
  const key = randomBytes(32)
  const sealed = seal('客户 token', key)
  expect(open(sealed, key)).toBe('客户 token')
  expect(seal('客户 token', key)).not.toBe(sealed)
  expect(() => open(sealed, randomBytes(32))).toThrow()
  const parts = sealed.split('.')
  const body = Buffer.from(parts[3]!, 'base64url')
  body[0]! ^= 1
  expect(() => open([...parts.slice(0, 3), body.toString('base64url')].join('.'), key)).toThrow()
  expect(() => open('plain', key)).toThrow('not a sealed text')
})

test('secrets are compared whole', () => {
  expect(sameSecret('a', 'a')).toBe(true)
  expect(sameSecret('a', 'ab')).toBe(false)
})
