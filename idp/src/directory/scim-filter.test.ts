import { expect, test } from 'vitest'
import { parseFilter } from './scim-filter.ts'

test.each([
  ['userName eq "li.na"', { kind: 'compare', path: 'userName', operator: 'eq', value: 'li.na' }],
  ['active EQ true', { kind: 'compare', path: 'active', operator: 'eq', value: true }],
  ['manager pr', { kind: 'present', path: 'manager' }],
  [
    'title eq "a \\"quoted\\" \\u5de5 text"',
    { kind: 'compare', path: 'title', operator: 'eq', value: 'a "quoted" 工 text' },
  ],
  ['count gt -1.5', { kind: 'compare', path: 'count', operator: 'gt', value: -1.5 }],
  [
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq null',
    {
      kind: 'compare',
      path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value',
      operator: 'eq',
      value: null,
    },
  ],
])('%s is read', (text, tree) => {
  expect(parseFilter(text)).toEqual(tree)
})

const is = (path: string) => ({ kind: 'present', path })

test('and binds stronger than or, parentheses bind strongest, not takes a group', () => {
  expect(parseFilter('a pr or b pr and c pr')).toEqual({
    kind: 'or',
    left: is('a'),
    right: { kind: 'and', left: is('b'), right: is('c') },
  })
  expect(parseFilter('(a pr or b pr) and not (c pr)')).toEqual({
    kind: 'and',
    left: { kind: 'or', left: is('a'), right: is('b') },
    right: { kind: 'not', of: is('c') },
  })
})

test('a value path holds a filter of its own', () => {
  expect(parseFilter('emails[type eq "work" and value co "@"] or a pr')).toEqual({
    kind: 'or',
    left: {
      kind: 'within',
      path: 'emails',
      of: {
        kind: 'and',
        left: { kind: 'compare', path: 'type', operator: 'eq', value: 'work' },
        right: { kind: 'compare', path: 'value', operator: 'co', value: '@' },
      },
    },
    right: is('a'),
  })
})

test.each([
  ['', 'Expected an attribute name at the end of the filter'],
  ['userName', 'Expected an operator (eq, ne, co, sw, ew, gt, ge, lt, le or pr) at the end of the filter'],
  ['userName is "x"', 'Expected an operator (eq, ne, co, sw, ew, gt, ge, lt, le or pr) at position 10, found "is"'],
  ['userName eq', 'Expected a value: a text in double quotes, a number, true, false or null at the end of the filter'],
  ["userName eq 'x'", 'The filter cannot be read from position 13 on'],
  ['userName eq "x', 'The filter cannot be read from position 13 on'],
  ['userName eq "x" "y"', 'Expected "and", "or" or the end at position 17'],
  ['(userName pr', 'Expected ")" at the end of the filter'],
  ['not userName pr', 'Expected "(" at position 5, found "userName"'],
  ['emails[type pr', 'Expected "]" at the end of the filter'],
  ['a pr; drop table person', 'The filter cannot be read from position 5 on'],
  [`${'('.repeat(30)}a pr${')'.repeat(30)}`, 'A filter is nested at most 20 deep'],
  [`userName eq "${'x'.repeat(3000)}"`, 'A filter has at most 2000 characters'],
])('%s is refused with where and what was expected', (text, message) => {
  expect(() => parseFilter(text)).toThrow(
    expect.objectContaining({ status: 400, scimType: 'invalidFilter', message: expect.stringContaining(message) }),
  )
})
