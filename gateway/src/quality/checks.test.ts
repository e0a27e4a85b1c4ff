import { expect, test } from 'vitest'
import { compileDictionary } from '../schema/dictionary.ts'
import { compileEntities } from '../schema/entities.ts'
import { parseSystems } from '../systems/configuration.ts'
import { checkOf, declaredRules, ruleBy } from './checks.ts'
import { formOf, shownValue } from './shown-value.ts'

const sdl = (fields: string) => `
  type Lease @entity(key: "id", system: "s") @read(roles: ["*"]) {
    id: ID! @from(system: "s", path: "no")
    from: Date @from(system: "s", path: "start")
    ${fields}
  }`
const field = (text: string) => `value: ${text} @from(system: "s", path: "v")`

function checkFor(text: string, more = '') {
  const dictionary = compileDictionary(sdl(field(text) + more))
  const file = parseSystems({
    company: { zone: 'Asia/Shanghai', currency: 'CNY' },
    systems: {
      s: {
        name: { zh: '系统', en: 'System' },
        url: 'http://s.test',
        protocol: 'openapi',
        authentication: { kind: 'none' },
        entities: { Lease: { operation: 'list', scope: 'none' } },
      },
    },
  })
  const one = dictionary.types.get('Lease')!.fields.get('value')!
  const check = checkOf(one, compileEntities(dictionary, file).get('s.Lease'))
  return { dictionary, field: one, broken: (value: unknown, row = {}) => check?.(value, row)?.rule ?? null }
}

test('a field that declares nothing and is no date is not checked at all', () => {
  const { field, dictionary } = checkFor('String')
  expect(checkOf(field, undefined)).toBeNull()
  expect(declaredRules(field, dictionary)).toEqual([])
})

test.each([
  ['0202-01-05', 'date.implausible'],
  ['1899-12-31', 'date.implausible'],
  ['2200-01-01', 'date.implausible'],
  ['1900-01-01', null],
  ['2026-11-22', null],
  ['9999-12-31', null],
  [null, null],
])('the day %s: %s', (value, rule) => {
  expect(checkFor('Date').broken(value)).toBe(rule)
  expect(checkFor('DateTime').broken(value && `${value}T08:00:00+08:00`)).toBe(rule)
})

test('numbers out of range, exact at the edges, also as decimals in text', () => {
  const { broken } = checkFor('Decimal @valid(min: 0, max: 100)')
  expect(['-0.01', '0', '100.00', '100.01', null].map(value => broken(value))).toEqual([
    'number.range',
    null,
    null,
    'number.range',
    null,
  ])
})

test('text of another form; the pattern is for the whole text, and never meets a text beyond all length', () => {
  const { broken } = checkFor('String @valid(pattern: "[A-Z]{3}")')
  expect(['CNY', 'cny', 'CNYX', ' CNY', `${'A'.repeat(1_000_000)}`, null].map(value => broken(value))).toEqual([
    null,
    'text.form',
    'text.form',
    'text.form',
    'text.form',
    null,
  ])
})

test('an end before its start, compared as days, and only where the start was given', () => {
  const { broken } = checkFor('Date @valid(after: "from")')
  expect(broken('2026-01-31', { start: '2026-02-01' })).toBe('date.order')
  expect(broken('2026-02-01', { start: '2026-02-01T00:00:00Z' })).toBeNull()
  expect(broken('2026-01-31', {})).toBeNull()
  expect(broken(null, { start: '2026-02-01' })).toBeNull()
})

test('what is required and empty is counted, not left out', () => {
  const { field } = checkFor('String @valid(required: true)')
  expect(checkOf(field, undefined)?.(null, {})).toMatchObject({ rule: 'value.missing', keep: true })
  expect(checkOf(field, undefined)?.('x', {})).toBeNull()
})

test('a rule of a company has its own id and words, and the advice of its kind', () => {
  const { broken, dictionary } = checkFor(
    'String @valid(pattern: "C[0-9]{5}", rule: "huaxin.customer-number", zh: "客户编号写法不对", en: "Customer number written wrongly")',
  )
  expect(broken('K1')).toBe('huaxin.customer-number')
  const rule = ruleBy('huaxin.customer-number', dictionary)
  expect(rule.name).toEqual({ zh: '客户编号写法不对', en: 'Customer number written wrongly' })
  expect(rule.advice).toEqual(ruleBy('text.form', dictionary).advice)
})

test.each([
  ['@valid(pattern: "(")', 'pattern is no regular expression'],
  ['@valid(after: "nowhere")', 'there is no field nowhere'],
  ['@valid(min: 1, rule: "Not An Id")', 'the id of a rule'],
  ['@unit(by: "nowhere")', 'has no field nowhere'],
])('%s is refused with the place', (directive, words) => {
  expect(() => compileDictionary(sdl(field(`String ${directive}`)))).toThrow(`Lease.value`)
  expect(() => compileDictionary(sdl(field(`String ${directive}`)))).toThrow(words)
})

test('values are kept by the class of their field: secret ones not at all, personal ones by their form', () => {
  expect(shownValue('Z', { class: 'INTERNAL' })).toEqual({ text: 'Z', masked: false })
  expect(shownValue('138-0013-8000 李雷', { class: 'PERSONAL' })).toEqual({ text: '999-9999-9999 字字', masked: true })
  expect(shownValue('hunter2', { class: 'SECRET' })).toEqual({ text: '•••', masked: true })
  expect(shownValue('whatever', undefined)).toEqual({ text: '•••', masked: true })
  expect(shownValue({ a: 1 }, { class: 'PUBLIC' })).toEqual({ text: '{…}', masked: false })
  expect(shownValue('x'.repeat(500), { class: 'PUBLIC' }).text).toHaveLength(121)
  expect(shownValue('a\u0000\nb', { class: 'PUBLIC' }).text).toBe('a b')
  expect(formOf('Ünal-7３ 赵@x.cn')).toBe('Aaaa-99 字@a.aa')
})
