import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Condition, MappingFault, type OperationCall } from './protocol.ts'
import { queryOf, question, system } from './rest.fixture.ts'

describe('conditions', () => {
  const conditions: Condition[] = [
    { field: 'id', op: 'in', values: ['1', '2'] },
    { field: 'at', op: 'ge', values: ['2026-03-01T00:00:00Z'] },
    { inputs: { state: 'OPEN' } },
    { any: ['name', 'code'], contains: 'x' },
  ]
  const values = { time: ['at'], number: ['id'] }

  test('as parameters of the query', () => {
    const { description, entity } = system({
      operations: { list: { path: '/things' } },
      conditions: { as: 'parameters', names: { ge: '{field}_from' }, any: 'q' },
      values,
      times: 'seconds',
    })
    const { operation, input } = description.ask(entity, question({ where: conditions })) as OperationCall
    expect(queryOf(description.encode(operation, input).url)).toEqual([
      'id=1',
      'id=2',
      'at_from=1772323200',
      'state=OPEN',
      'q=x',
    ])
  })

  test('as a structure, numbers with all their digits', () => {
    const { description, entity } = system(
      {
        operations: { list: { method: 'POST', path: '/find', safe: true, body: { filter: { and: '$where' } } } },
        conditions: {
          as: 'structure',
          terms: {
            in: { f: '$field', in: '$values' },
            eq: { f: '$field', is: '$value' },
            ge: { f: '$field', from: '$value' },
            contains: { f: '$field', like: '$value' },
          },
          any: { or: '$terms' },
        },
        values,
      },
      {
        input: {
          where: [
            { field: 'site', eq: '$settings.site' },
            { field: 'gone', eq: '$settings.gone' },
          ],
        },
      },
    )
    const where = [{ field: 'id', op: 'in', values: ['90071992547409931234', '007'] } as const, ...conditions.slice(1)]
    const asked = description.ask(entity, question({ where })) as OperationCall
    expect(description.encode(asked.operation, asked.input).body).toBe(
      '{"filter":{"and":[{"f":"site","is":"100"},{"f":"id","in":[90071992547409931234,7]},{"f":"at","from":"2026-03-01T00:00:00.000Z"},{"f":"state","is":"OPEN"},{"or":[{"f":"name","like":"x"},{"f":"code","like":"x"}]}]}}',
    )
  })

  const asText = (quote: object, more: object = {}) =>
    system(
      {
        operations: { list: { method: 'POST', path: '/find', safe: true, body: { filter: '$where' } } },
        conditions: {
          as: 'text',
          terms: {
            eq: '{field} = {value}',
            in: '{field} IN ({values})',
            ge: '{field} >= {value}',
            contains: '{field} LIKE {pattern}',
          },
          nothing: '1 = 2',
          quote,
          pattern: { escape: { '%': '[%]', _: '[_]', '[': '[[]' } },
          ...more,
        },
        values,
        times: 'local',
        timeZone: 'Asia/Shanghai',
      },
      { input: { where: ["state <> 'X'", { field: 'site', in: ['$settings.site', '200'] }] } },
    )
  const filterOf = (one: ReturnType<typeof system>, where: Condition[]) =>
    String((one.description.ask(one.entity, question({ where })) as OperationCall).input.where)

  test('as one text, in the zone of the system', () => {
    expect(filterOf(asText({}), conditions)).toBe(
      "(state <> 'X') AND site IN ('100', '200') AND id IN (1, 2) AND at >= '2026-03-01T08:00:00' AND state = 'OPEN' AND (name LIKE '%x%' OR code LIKE '%x%')",
    )
    expect(filterOf(asText({}), [{ field: 'id', op: 'in', values: ['1 OR 1=1', '12'] }])).toMatch(/AND id = 12$/)
    expect(filterOf(asText({}), [{ field: 'id', op: 'in', values: ['1 OR 1=1'] }])).toMatch(/AND 1 = 2$/)
    expect(filterOf(asText({}), [{ any: ['name'], contains: '50%_[a]' }])).toMatch(/LIKE '%50\[%\]\[_\]\[\[\]a\]%'\)$/)
  })

  const hostile = fc.array(
    fc.oneof(
      fc.constantFrom(
        "'",
        "''",
        '\\',
        "\\'",
        '{field}',
        '{value}',
        '$&',
        '$1',
        '%',
        '_',
        '[',
        ' OR 1=1 --',
        ';',
        ')',
        '\n',
        '\0',
        '\ud800',
      ),
      fc.string({ unit: 'binary' }),
    ),
    { minLength: 1, maxLength: 6 },
  )

  test('a value never ends its quotes: whatever it holds, the text has one literal more, and it reads as the value', () => {
    const one = asText({})
    fc.assert(
      fc.property(hostile, pieces => {
        const value = pieces.join('')
        const text = filterOf(one, [{ field: 'name', op: 'eq', values: [value] }])
        const rest = text.slice("(state <> 'X') AND site IN ('100', '200') AND ".length)
        if (rest === '1 = 2') return // it holds what no key and no name holds
        const literal = /^name = '((?:[^']|'')*)'$/s.exec(rest)?.[1]
        expect(literal?.replaceAll("''", "'")).toBe(value)
      }),
    )
  })

  test('the same where a backslash escapes', () => {
    const one = asText({ escape: { "'": "\\'", '\\': '\\\\' } })
    fc.assert(
      fc.property(hostile, pieces => {
        const value = pieces.join('')
        const rest = filterOf(one, [{ field: 'name', op: 'eq', values: [value] }])
          .split(' AND ')
          .slice(2)
          .join(' AND ')
        if (rest === '1 = 2') return
        const literal = /^name = '((?:[^'\\]|\\['\\])*)'$/s.exec(rest)?.[1]
        expect(literal?.replace(/\\(['\\])/g, '$1')).toBe(value)
      }),
    )
  })

  test.each([
    ['that does not escape its mark', { escape: { '\\': '\\\\' } }],
    ['whose escape is not escaped', { escape: { "'": "\\'" } }],
  ])('a way of quoting %s is a fault of the configuration', (_, quote) => {
    expect(() => asText(quote)).toThrow(/escape/)
  })

  test.each([
    ['a condition', { filter: { a: { field: 'a', reads: [] } } }, /takes no where/],
    ['a condition that always holds', { input: { where: ['1 = 1'] } }, /takes no where/],
    ['an order', { sort: 'name' }, /takes no sort/],
    ['an input', { input: { colour: 'red' } }, /takes no colour/],
    ['a page', { page: { style: 'cursor', next: 'n' } }, /takes no cursor/],
    ['a count', { count: { operation: 'count', parameters: [] } }, /no operation count/],
  ])(
    '%s that has no place in the operation would be left out unnoticed, and is a fault of the mapping',
    (_, more, fault) => {
      const { description, entity } = system(
        {
          operations: { list: { method: 'POST', path: '/t', body: { from: '$offset', size: '$limit' } } },
          conditions: { as: 'text', terms: { in: '{field} IN ({values})' }, nothing: '1 = 2', quote: {} },
        },
        more,
      )
      expect(() => description.check(entity, [])).toThrow(fault)
    },
  )

  test('what the conditions have no term for is a fault of the mapping', () => {
    const query = { from: '$offset', size: '$limit' }
    const rest = { operations: { list: { path: '/things', query } }, conditions: { as: 'parameters' } }
    for (const filter of [
      { a: { field: 'a', op: 'ge', reads: [] } },
      { a: { any: ['x'] } },
      { a: { when: { true: 'raw' } } },
    ]) {
      const { description, entity } = system(rest, { filter })
      expect(() => description.check(entity, [])).toThrow(MappingFault)
      expect(() => description.check({ ...entity, filter: {} }, [])).not.toThrow()
    }
  })
})
