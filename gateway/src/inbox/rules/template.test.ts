import { expect, test } from 'vitest'
import { holds } from './condition.ts'
import { messagesFile } from './schema.ts'
import { compileTemplate, fillInput, TemplateError } from './template.ts'

const words = { timeZone: 'Asia/Shanghai', labels: { kind: { LEAVE: { zh: '请假', en: 'Leave' } } } }
const scope = {
  amount: '1286000.00',
  cents: '4826.50',
  big: '12345678901234567.89',
  usd: 'USD',
  at: '2026-11-22T20:30:00Z',
  day: '2026-11-23',
  kind: 'LEAVE',
  nested: { name: '张伟' },
  none: null,
}
const render = (source: string, locale: 'zh' | 'en' = 'zh') => compileTemplate(source).render(scope, locale, words)

test.each([
  ['{nested.name}：{kind|label:kind}', '张伟：请假', '张伟：Leave'],
  ['{amount|money}', '¥1,286,000', '¥1,286,000'],
  ['{cents|money}', '¥4,826.50', '¥4,826.50'],
  ['{amount|money:usd}', 'USD 1,286,000', 'USD 1,286,000'],
  // Beyond what a float holds.
  ['{big|money}', '¥12,345,678,901,234,567.89', '¥12,345,678,901,234,567.89'],
  ['{at|date}', '11月23日', '23 Nov'],
  ['{at|time}', '04:30', '04:30'],
  ['{day|date}', '11月23日', '23 Nov'],
  ['a[ {none}] b', 'a b', 'a b'],
  ['[{none}：]x', 'x', 'x'],
  ['\\{x\\}', '{x}', '{x}'],
  ['{kind|label:unknown}', 'LEAVE', 'LEAVE'],
])('%s renders as %s and %s', (source, zh, en) => {
  expect(render(source)).toBe(zh)
  expect(render(source, 'en')).toBe(en)
})

test('a missing value outside brackets makes the whole text missing', () => {
  expect(render('x {none} y')).toBeNull()
  expect(render('{constructor.name}')).toBeNull()
  expect(render('{__proto__}')).toBeNull()
})

test.each(['{a', 'a ]', '[a', '{}', '{a|shout}'])('%s is no template', source => {
  expect(() => compileTemplate(source)).toThrow(TemplateError)
})

test('inputs keep the type of a lone value and leave out what is missing', () => {
  expect(
    fillInput({ id: '{nested.name}', list: ['{kind}'], n: 3, gone: '{none}', text: 'Nr. {kind}' }, scope, words),
  ).toEqual({
    id: '张伟',
    list: ['LEAVE'],
    n: 3,
    gone: undefined,
    text: 'Nr. LEAVE',
  })
})

test.each([
  [{ path: 'amount', gte: 1_286_000 }, true],
  [{ path: 'amount', lt: { path: 'cents' } }, false],
  [{ path: 'amount', eq: 1286000 }, true],
  [{ path: 'none', lt: 5 }, false],
  [{ path: 'none', ne: 5 }, true],
  [{ path: 'none', present: false }, true],
  [{ path: 'kind', in: ['LEAVE', 'SEAL'] }, true],
  [{ path: 'kind', matches: '^L' }, true],
  [{ not: { path: 'kind', matches: '^L' } }, false],
  [
    {
      any: [
        { path: 'kind', eq: 'X' },
        [
          { path: 'kind', eq: 'LEAVE' },
          { path: 'cents', lte: 5000 },
        ],
      ],
    },
    true,
  ],
  [{ path: 'at', newerThanDays: 36_500 }, true],
  [{ path: 'none', newerThanDays: 1 }, false],
])('%j is %s', (condition, expected) => {
  expect(holds(condition, scope)).toBe(expected)
})

test('a faulty file of rules is refused with every fault and its place', () => {
  const result = messagesFile.safeParse({
    sources: { '/a': { system: 'a', webhookSecrets: ['short'] } },
    events: {
      'a.b': { source: '/none', schema: { x: 'strange' } },
      'a.c': { source: '/a', schema: {}, raise: [{ slot: 'x', to: [{ native: '{x' }], kind: 'ALERT', title: 'T' }] },
      'a.d': { source: '/a', schema: {}, close: [{ slot: 'x', reason: 'r' }] },
    },
  })
  const faults = result.error!.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('\n')
  expect(faults).toContain('sources./a.webhookSecrets.0: must be whsec_')
  expect(faults).toContain('events.a.b.schema.x: is no type')
  expect(faults).toMatch(/events\.a\.c\.raise\.0\.to\.0/)
  expect(faults).toContain('events.a.d: close needs a subject')
})
