import { expect, test } from 'vitest'
import { textOn } from './colour.ts'

test.each([
  ['#195844', '#ffffff'],
  ['#a12d1a', '#ffffff'],
  ['#ffd400', '#000000'],
  ['#7ec8ab', '#000000'],
  ['#757575', '#ffffff'],
  ['#767676', '#000000'],
])('a text on %s is %s', (colour, text) => {
  expect(textOn(colour)).toBe(text)
})
