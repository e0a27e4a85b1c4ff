import { afterAll, expect, test } from 'vitest'
import { MappingFault } from '../protocols/protocol.ts'
import { ExpressionFault, evaluate, namesIn, parseExpression } from './evaluate.ts'
import { Guard } from './guard.ts'
import { isHarmless, isSmall } from './harmless.ts'

const guard = new Guard({ limitMs: 5000, memoryMb: 64 })
afterAll(() => guard.stop())

const refused = async (promise: Promise<unknown>): Promise<string> =>
  await promise.then(
    value => `a value: ${JSON.stringify(value)}`,
    (error: Error) => (error instanceof ExpressionFault ? error.message : `another error: ${error.message}`),
  )

test('a syntax fault is told with its place', () => {
  expect(() => parseExpression('amount + (')).toThrow(MappingFault)
  expect(() => parseExpression('amount +* 2')).toThrow(/at character \d+/)
})

test('a batch of rows is one message, and answers keep their order', async () => {
  await guard.evaluate('warm', {})
  const before = guard.hops
  const rows = Array.from({ length: 200 }, (_, index) => ({
    lines: [
      { qty: index, price: 2 },
      { qty: 1, price: 1 },
    ],
  }))
  const sums = await Promise.all(rows.map(row => guard.evaluate('$sum(lines.(qty * price))', row)))
  expect(sums).toEqual(rows.map((_, index) => index * 2 + 1))
  expect(guard.hops - before).toBe(1)
})

// How long what never ends is let run in these tests.
const soon = 300

const bombs: [string, string][] = [
  ['spins', '($f := function($n){$f($n+1)}; $f(0))'],
  ['matches a pattern without end', '$match(text, /^(a+)+$/)'],
  ['eats memory slowly', '($f := function($a){$f($append($a,[1..100000]))}; $f([]))'],
  ['eats memory at once', '$length($pad("x", 500000000))'],
]

test.each(bombs)('an expression that %s is stopped; the others of the same moment stand', async (_, bomb) => {
  const row = { text: `${'a'.repeat(40)}b`, price: 3 }
  const stops = guard.stops
  let turns = 0
  const ticking = setInterval(() => (turns += 1), 5)
  const started = Date.now()
  const [before, bad, after] = await Promise.all([
    guard.evaluate('price * 2', row),
    refused(guard.evaluate(bomb, row, {}, { within: soon })),
    guard.evaluate('price & "!"', row),
  ])
  clearInterval(ticking)
  expect([before, after]).toEqual([6, '3!'])
  expect(bad).toMatch(/takes too (long|much memory) to compute/)
  expect(guard.stops).toBe(stops + 1)
  // The event loop went on meanwhile.
  expect(turns).toBeGreaterThan((Date.now() - started) / 50)
})

test('an expression that was stopped rests before it is tried again', async () => {
  const spin = '($f := function($n){$f($n+2)}; $f(0))'
  await refused(guard.evaluate(spin, {}, {}, { within: soon }))
  const stops = guard.stops
  expect(await refused(guard.evaluate(spin, {}, {}, { within: soon }))).toMatch(/takes too long/)
  expect(guard.stops).toBe(stops)
})

test.each([
  'process.env',
  '$eval("process")',
  'constructor.constructor("return process")()',
  '(constructor)("return process")',
  '__proto__.constructor.constructor("return 1")()',
  '$string.constructor("return 1")()',
  '$spread(__proto__)',
  '__defineGetter__("x", $string)',
])('%s reaches nothing of the gateway', async text => {
  const answer = await guard.evaluate(text, { a: 1 }).catch((error: unknown) => error)
  expect(answer instanceof ExpressionFault || answer === undefined || JSON.stringify(answer) === '{}').toBe(true)
})

test('what an expression answers is plain and of bounded size', async () => {
  expect(await refused(guard.evaluate('$uppercase', {}))).toBe('answers too much')
  expect(await refused(guard.evaluate('[1..210000]', {}))).toBe('answers too much')
  expect(await guard.evaluate('{"a": [1, null, "x"], "b": missing}', {})).toEqual({ a: [1, null, 'x'] })
})

test.each([
  ["invoice_status = 'invoiced' ? 'INVOICED' : 'OPEN'", true],
  ["$trim((zip ? zip & ' ' : '') & (city ? city : ''))", true],
  ['$number(Quantity) > 0 ? $floor(100 * $number(Done) / $number(Quantity)) : null', true],
  ['due < $today ? ($toMillis($today) - $toMillis(due)) / 86400000 : 0', true],
  ["'tryton.' & $string(id)", true],
  ['`party.`.code', true],
  ['$match(text, /a+/)', false],
  ['($f := function($n){$f($n+1)}; $f(0))', false],
  ['lines[qty > 1].price', false],
  ['$sum(lines.price)', false],
  ['[1..1000]', false],
  ['**', false],
  ['$pad(name, 1000000000)', false],
  ['$eval(text)', false],
  ['$map(lines, $string)', false],
  ['constructor("x")', false],
  ['a ~> $uppercase', false],
])('%s is evaluated beside everything else: %s', (text, harmless) => {
  expect(isHarmless(text)).toBe(harmless)
})

test('a large record is never evaluated beside everything else', () => {
  expect(isSmall({ a: 'x'.repeat(1001) })).toBe(false)
  expect(isSmall({ a: Array.from({ length: 300 }, () => 1) })).toBe(false)
  expect(isSmall({ a: { b: ['x', 1, null] } })).toBe(true)
})

test('both ways answer alike', async () => {
  const row = { zip: '200000', city: '上海', due: '2026-01-01', n: '12.5' }
  const today = { today: '2026-01-31' }
  for (const text of [
    "(zip ? zip & ' ' : '') & city",
    '($toMillis($today) - $toMillis(due)) / 86400000',
    '$number(n) * 2',
  ])
    expect(await guard.evaluate(text, row, today)).toEqual(await evaluate(text, row, today))
  expect(await refused(evaluate('$number(city)', row))).toBe(await refused(guard.evaluate('$number(city)', row)))
})

test('an expression names what it takes from the record, not what it finds inside', () => {
  expect(namesIn('$sum(lines.(qty * price)) & zip').sort()).toEqual(['lines', 'zip'])
  expect(namesIn("contacts[type = 'email' and rank > $$.least][0].value").sort()).toEqual(['contacts', 'least'])
  expect(namesIn('$.a & $$.b & c.d')).toEqual(['a', 'b', 'c'])
  expect(namesIn('$map(items, function($i) { $i.name & suffix })').sort()).toEqual(['items', 'suffix'])
})
