import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FieldMappingDefinition, fieldMapping } from '../../systems/mapping/definition.ts'
import { MappingFault } from '../../systems/protocols/protocol.ts'
import { converterFor, Unfit } from '../convert.ts'
import { compileDictionary } from '../dictionary.ts'
import { compileMapping, type FieldMapping, type NativeConditions, type Operator } from './field-mapping.ts'

const dictionary = compileDictionary(`
  scalar Decimal scalar Date scalar DateTime
  enum Status { OPEN @code(is: ["A"]) CONFIRMED @code(is: ["B", "C"]) CLOSED }
  type Thing @entity(key: "id", system: "x") @read(roles: ["*"]) {
    id: ID! @from(system: "x", path: "id")
    status: Status @from(system: "x", path: "status")
    active: Boolean @from(system: "x", path: "active")
    text: String @from(system: "x", path: "text")
    amount: Decimal @from(system: "x", path: "amount")
    pieces: Int @from(system: "x", path: "pieces")
    day: Date @from(system: "x", path: "day")
    at: DateTime @from(system: "x", path: "at")
    sum: Decimal @from(system: "x", value: "a + b")
  }
`)
const words = { codes: { status: { '1': 'OPEN', '3': 'CONFIRMED', '4': 'CONFIRMED' } }, zone: 'Asia/Shanghai' }

function mappingOf(name: string, told?: unknown): FieldMapping {
  const field = dictionary.types.get('Thing')?.fields.get(name)
  if (!field) throw new Error(`no field ${name}`)
  const definition = told === undefined ? undefined : (fieldMapping.parse(told) as FieldMappingDefinition)
  return compileMapping(field, definition, words, dictionary.enums.get(field.type), true)
}

/** What the graph shows for a value of the system. */
function shown(name: string, told: unknown, value: unknown, row: Record<string, unknown> = {}): unknown {
  const read = mappingOf(name, told).read?.(value, row)
  if (read instanceof Unfit) return `! ${read.reason}`
  const type = dictionary.types.get('Thing')?.fields.get(name)?.type ?? ''
  const codes = dictionary.enums.has(type) ? new Map([[String(read), String(read)]]) : undefined
  const converted = converterFor(type, codes)(read)
  return converted instanceof Unfit ? `! ${converted.reason}` : converted
}

function asked(
  name: string,
  told: unknown,
  op: Operator,
  ...values: (string | number)[]
): NativeConditions | undefined {
  return mappingOf(name, told).write?.(op, values)
}

describe('codes', () => {
  test.each([
    ['3', 'CONFIRMED'],
    [3, 'CONFIRMED'],
    ['9', '! unknown code'],
    [{ a: 1 }, '! unknown code'],
    ['', null],
    ['OPEN', '! unknown code'],
  ])('%j is %s', (value, expected) => {
    expect(shown('status', { path: 's', codes: 'status' }, value)).toBe(expected)
  })

  test('a condition names every code that means the value, and nothing for a value without one', () => {
    expect(asked('status', { path: 's', codes: 'status' }, 'in', 'CONFIRMED', 'OPEN')).toEqual([
      { op: 'in', values: ['3', '4', '1'] },
    ])
    expect(asked('status', { path: 's', codes: 'status', wire: 'number' }, 'eq', 'CONFIRMED')).toEqual([
      { op: 'in', values: [3, 4] },
    ])
    expect(asked('status', { path: 's', codes: 'status' }, 'in', 'CLOSED')).toEqual([{ op: 'in', values: [] }])
    expect(asked('status', { path: 's', codes: 'status' }, 'ge', 'OPEN')).toBeUndefined()
    expect(asked('active', { path: 's', codes: { Y: 'true', N: 'false' } }, 'in', 'true')).toEqual([
      { op: 'in', values: ['Y'] },
    ])
  })

  test('the codes that the dictionary itself gives work in conditions as well', () => {
    expect(asked('status', undefined, 'in', 'CONFIRMED')).toEqual([{ op: 'in', values: ['B', 'C'] }])
    expect(asked('status', undefined, 'in', 'CLOSED')).toEqual([{ op: 'in', values: ['CLOSED'] }])
  })

  test('a code for what the dictionary does not have is a fault of the mapping', () => {
    expect(() => mappingOf('status', { codes: { '1': 'NEW' } })).toThrow(MappingFault)
    expect(() => mappingOf('status', { codes: 'nowhere' })).toThrow(/no list of codes named nowhere/)
  })
})

describe('numbers, units and money', () => {
  const cents = { unit: { from: '分', to: '元' } }
  test.each([
    [cents, 123450, '1234.50'],
    [cents, '7', '0.07'],
    [cents, -5, '-0.05'],
    [cents, '9007199254740993', '90071992547409.93'],
    [{ unit: { from: '万元', to: '元' } }, '1.2345', '12345'],
    [{ unit: { from: '千元', to: '元' } }, 0.1, '100'],
    [{ unit: { from: 'g', to: 'kg' } }, 1500, '1.500'],
    [{ unit: { from: '%', to: '1' } }, '12.5', '0.125'],
    [{ unit: { from: 'kg', to: 'lb', places: 3 } }, '1', '2.205'],
    [{ scale: '0.25' }, '3', '0.75'],
    [{ scale: 1000 }, 1e-7, '0.0001'],
    [{ number: { group: ',' } }, '1,234,567.80', '1234567.80'],
    [{ number: { group: ',' } }, '1,23,567', '! no decimal number'],
    [{ number: { group: ',' } }, '12345.6', '12345.6'],
    [{ number: { group: ',' } }, 1234.5, '1234.5'],
    [{ number: { group: ',', groupSize: 4 } }, '64,2500.00', '642500.00'],
    [{ number: { group: '.', decimal: ',' } }, '-1.234,50', '-1234.50'],
    [{ number: { group: ' ', decimal: ',' } }, '1\u00a0234,5', '1234.5'],
    [{ number: { negative: '1-' } }, '12.50-', '-12.50'],
    [{ number: { negative: '(1)', group: ',' } }, '(1,000)', '-1000'],
    [{ number: { places: 2 } }, 0.30000000000000004, '0.30'],
    [{ number: { places: 0 } }, '-0.5', '-1'],
    [{ number: { group: ',' } }, '１２', '! no decimal number'],
    [{ number: { group: ',' } }, 'NaN', '! no decimal number'],
    [{ number: { group: ',' } }, { a: 1 }, '! no decimal number'],
    [{ money: { currency: 'CNY', symbols: ['¥', 'CNY'] } }, '¥ 12.30', '12.30'],
    [{ money: { currency: 'CNY', symbols: ['¥', 'CNY'] } }, '$12.30', '! no decimal number'],
    [{ none: ['-1'], scale: 1 }, '-1', null],
  ])('%j of %j is %j', (told, value, expected) => {
    expect(shown('amount', told, value)).toBe(expected)
  })

  test('an amount needs a currency that is known', () => {
    const told = { money: { currency: { path: 'c.id', codes: { PRE001: 'CNY' } } } }
    expect(shown('amount', told, '5', { c: { id: 'PRE001' } })).toBe('5')
    expect(shown('amount', told, '5', { c: { id: 'XXX' } })).toBe('! an unknown currency')
    expect(shown('amount', told, '5', {})).toBe('! an amount without a currency')
    expect(mappingOf('amount', told).needs).toEqual(['c.id'])
  })

  test('whole numbers stay whole, or do not fit', () => {
    expect(shown('pieces', { unit: { from: '打', to: '个' } }, '2')).toBe(24)
    expect(shown('pieces', { unit: { from: '打', to: '个' } }, '0.5')).toBe(6)
    expect(shown('pieces', { scale: '0.5' }, '3')).toBe('! no whole number')
  })

  test('units that measure different things, and ratios without end, are faults of the mapping', () => {
    expect(() => mappingOf('amount', { unit: { from: 'kg', to: '元' } })).toThrow(/no unit of what/)
    expect(() => mappingOf('amount', { unit: { from: 'kg', to: 'lb' } })).toThrow(/has no end/)
    expect(() => mappingOf('amount', { unit: { from: 'stone', to: 'kg' } })).toThrow(/no unit stone/)
    expect(() => mappingOf('text', { scale: 2 })).toThrow(/no number/)
    expect(fieldMapping.safeParse({ scale: 0 }).success).toBe(false)
    expect(fieldMapping.safeParse({ scale: 2, codes: { a: 'b' } }).success).toBe(false)
  })

  const decimals = fc
    .tuple(fc.bigInt(-(10n ** 25n), 10n ** 25n), fc.integer({ min: 0, max: 8 }))
    .map(([digits, places]) => {
      const text = String(digits < 0n ? -digits : digits).padStart(places + 1, '0')
      const whole = places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`
      return digits < 0n ? `-${whole}` : whole
    })
  const same = (a: string): string => {
    const [whole = '0', fraction = ''] = a.split('.')
    return `${whole}.${fraction.replace(/0+$/, '')}`
  }

  test('value → wire → value gives the value, whatever unit and style', () => {
    const tolds = [
      cents,
      { unit: { from: '万元', to: '元' } },
      { unit: { from: 'lb', to: 'kg' } },
      { scale: '0.125' },
      { number: { group: '.', decimal: ',' }, unit: { from: 'g', to: 'kg' } },
      { number: { negative: '1-' } },
      { number: { negative: '(1)', decimal: ',' } },
    ]
    fc.assert(
      fc.property(fc.constantFrom(...tolds), decimals, (told, value) => {
        const wire = asked('amount', told, 'eq', value)?.[0]?.values ?? []
        // A division without end has no equal on the wire, and none is asked for.
        if (wire.length === 0) return
        expect(same(String(shown('amount', told, wire[0])))).toBe(same(value))
      }),
      { numRuns: 400 },
    )
  })

  test('wire → value → wire gives the wire, and bounds keep the order where no equal exists', () => {
    fc.assert(
      fc.property(decimals, wire => {
        const value = String(shown('amount', cents, wire))
        expect(same(String(asked('amount', cents, 'eq', value)?.[0]?.values[0]))).toBe(same(wire))
      }),
    )
    const told = { unit: { from: 'lb', to: 'kg' } }
    const [least] = asked('amount', told, 'ge', '1')?.[0]?.values ?? []
    const [most] = asked('amount', told, 'le', '1')?.[0]?.values ?? []
    expect(Number(shown('amount', told, least))).toBeGreaterThanOrEqual(1)
    expect(Number(shown('amount', told, most))).toBeLessThanOrEqual(1)
    expect(asked('amount', told, 'eq', '1')).toEqual([{ op: 'eq', values: [] }])
  })
})

describe('days and times', () => {
  test.each([
    ['at', 'local', '2026-01-31 08:30:00', '2026-01-31T00:30:00Z'],
    ['at', 'local', '2026-01-31T08:30', '2026-01-31T00:30:00Z'],
    ['at', 'local', '2026-01-31T08:30:00.250', '2026-01-31T00:30:00.250Z'],
    ['at', 'local', '2026-02-30 08:30:00', '! no time of the calendar'],
    ['at', 'local', '2026-01-31', '2026-01-30T16:00:00Z'],
    ['at', 'local', '2026-01-31T24:30:00', '! no time of the calendar'],
    ['at', 'epoch-s', 1769819400, '2026-01-31T00:30:00Z'],
    ['at', 'epoch-s', '1769819400', '2026-01-31T00:30:00Z'],
    ['at', 'epoch-ms', 1769819400123, '2026-01-31T00:30:00.123Z'],
    ['at', 'epoch-ms', 'soon', '! no time of the calendar'],
    ['at', 'epoch-ms', 9e15, '! no time of the calendar'],
    ['at', 'odata-v2', '/Date(1769819400000)/', '2026-01-31T00:30:00Z'],
    ['at', 'odata-v2', '/Date(1769819400000+0480)/', '2026-01-31T00:30:00Z'],
    ['at', 'YYYYMMDDHHmmss', '20260131083000', '2026-01-31T00:30:00Z'],
    ['at', { format: 'DD.MM.YYYY HH:mm', zone: 'Europe/Berlin' }, '29.03.2026 02:30', '! no time of the calendar'],
    ['at', { format: 'DD.MM.YYYY HH:mm', zone: 'Europe/Berlin' }, '25.10.2026 02:30', '2026-10-25T00:30:00Z'],
    ['at', { format: 'iso', zone: 'UTC' }, '2026-01-31T08:30:00+08:00', '2026-01-31T00:30:00Z'],
    ['day', 'YYYYMMDD', 20260131, '2026-01-31'],
    ['day', 'YYYYMMDD', '20260229', '! no date of the calendar'],
    ['day', 'YYYY年MM月DD日', '2026年01月31日', '2026-01-31'],
    ['day', 'epoch-ms', 1769788800000, '2026-01-31'],
    ['day', 'iso', '2026-01-30T16:00:00Z', '2026-01-31'],
    ['day', 'local', '2026-01-31 23:59:59', '2026-01-31'],
  ])('%s by %j: %j is %s', (field, time, value, expected) => {
    expect(shown(field, { time }, value)).toBe(expected)
  })

  test('values that stand for none', () => {
    expect(shown('at', { time: 'local', none: ['0001-01-01T00:00:00'] }, '0001-01-01T00:00:00')).toBeNull()
  })

  test('a day is asked for as the stretch of time that it is in the zone of the system', () => {
    const told = { time: { format: 'epoch-s', zone: 'Asia/Shanghai' } }
    const [from, to] = [1769788800, 1769875200]
    expect(asked('day', told, 'eq', '2026-01-31')).toEqual([
      { op: 'ge', values: [from] },
      { op: 'lt', values: [to] },
    ])
    expect(asked('day', told, 'lt', '2026-01-31')).toEqual([{ op: 'lt', values: [from] }])
    expect(asked('day', told, 'le', '2026-01-31')).toEqual([{ op: 'lt', values: [to] }])
    expect(asked('day', told, 'gt', '2026-01-31')).toEqual([{ op: 'ge', values: [to] }])
    expect(asked('day', told, 'in', '2026-01-31', '2026-02-01')).toBeUndefined()
    expect(asked('day', { time: 'YYYYMMDD', wire: 'number' }, 'in', '2026-01-31', '2026-02-01')).toEqual([
      { op: 'in', values: [20260131, 20260201] },
    ])
  })

  test('a moment between two that the system can write', () => {
    const told = { time: 'epoch-s' }
    expect(asked('at', told, 'lt', '2026-01-31T00:30:00.500Z')).toEqual([{ op: 'le', values: [1769819400] }])
    expect(asked('at', told, 'ge', '2026-01-31T00:30:00.500Z')).toEqual([{ op: 'gt', values: [1769819400] }])
    expect(asked('at', told, 'eq', '2026-01-31T00:30:00.500Z')).toEqual([{ op: 'eq', values: [] }])
    expect(asked('at', { time: 'YYYYMMDD' }, 'ge', '2026-01-31T00:30:00Z')).toEqual([
      { op: 'gt', values: ['20260131'] },
    ])
  })

  const zones = fc.constantFrom('Asia/Shanghai', 'UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe')
  const moments = fc.integer({ min: Date.UTC(1993, 0, 1) / 1000, max: Date.UTC(2090, 0, 1) / 1000 })

  test('moment → wire → moment, in any zone and format; only the hour that a clock shows twice is told by its first', () => {
    const formats = fc.constantFrom(
      'local',
      'epoch-s',
      'epoch-ms',
      'odata-v2',
      'iso',
      'YYYYMMDDHHmmss',
      'DD/MM/YYYY HH:mm:ss.SSS',
    )
    fc.assert(
      fc.property(zones, formats, moments, (zone, format, seconds) => {
        const told = { time: { format, zone } }
        const iso = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
        const wire = asked('at', told, 'eq', iso)?.[0]?.values[0]
        const again = Date.parse(String(shown('at', told, wire))) / 1000
        expect([seconds, seconds - 3600, seconds - 1800]).toContain(again)
        expect(asked('at', told, 'eq', new Date(again * 1000).toISOString())?.[0]?.values[0]).toBe(wire)
      }),
      { numRuns: 400 },
    )
  })

  test('a day holds exactly the moments that are shown as that day', () => {
    fc.assert(
      fc.property(zones, moments, (zone, seconds) => {
        const told = { time: { format: 'epoch-s', zone } }
        const day = String(shown('day', told, seconds))
        const [from, to] = asked('day', told, 'eq', day)?.map(one => Number(one.values[0])) ?? []
        expect(seconds).toBeGreaterThanOrEqual(Number(from))
        expect(seconds).toBeLessThan(Number(to))
        expect(shown('day', told, Number(from) - 1)).not.toBe(day)
      }),
      { numRuns: 400 },
    )
  })

  test('formats and zones that are none are faults of the mapping', () => {
    expect(() => mappingOf('at', { time: 'rfc822' })).toThrow(/no way to write a time/)
    expect(() => mappingOf('at', { time: 'YYYYMMDD at HH' })).toThrow(/letters/)
    expect(() => mappingOf('at', { time: { format: 'local', zone: 'Mars/Olympus' } })).toThrow(/no time zone/)
    expect(() => mappingOf('text', { time: 'local' })).toThrow(/neither a day nor a time/)
  })
})

test('an expression or a constant takes the place of the path, and is not asked by', () => {
  expect(mappingOf('sum')).toMatchObject({ path: null, expression: 'a + b', write: undefined })
  expect(mappingOf('sum', 'total')).toMatchObject({ path: 'total', expression: null })
  expect(mappingOf('text', { constant: 'CNY' })).toMatchObject({ path: null, expression: null, constant: 'CNY' })
  expect(mappingOf('status', { value: 'x.y', codes: 'status' }).write).toBeUndefined()
  expect(mappingOf('amount', { scale: 2 }).path).toBe('amount')
  expect(() => mappingOf('text', { value: '$uppercase(' })).toThrow(MappingFault)
})
