import { describe, expect, it } from 'vitest'
import { digitsOf, inFours, unusedName } from './factor-input.ts'

describe('what people type for a factor', () => {
  it.each([
    ['123456', '123456'],
    [' 123 456 ', '123456'],
    ['123-456', '123456'],
    ['１２３４５６', '123456'],
    ['abc', ''],
  ])('a code is its digits: %s', (typed, digits) => {
    expect(digitsOf(typed)).toBe(digits)
  })

  it('a secret is shown in groups that the eye can follow', () => {
    expect(inFours('JBSWY3DPEHPK3PX')).toBe('JBSW Y3DP EHPK 3PX')
    expect(inFours('')).toBe('')
  })

  it('a suggested name is one that no other factor has', () => {
    expect(unusedName('手机', [])).toBe('手机')
    expect(unusedName('手机', [{ name: '手机' }, { name: '手机 2' }])).toBe('手机 3')
  })
})
