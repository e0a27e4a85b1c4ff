import { describe, expect, test } from 'vitest'
import { MappingFault } from './protocol.ts'
import { json, queryOf, system } from './rest.fixture.ts'

const base = { path: '/things/{id}', query: { size: '$limit', from: '$offset' } }

describe('an operation told by the configuration', () => {
  const { description } = system({
    operations: {
      one: base,
      change: {
        method: 'PUT',
        path: '/things/{id}',
        headers: { 'X-Site': '$settings.site', 'X-Note': '$note' },
        body: { a: { b: '$b', c: '$c' }, list: ['...$list'], fixed: 1 },
        needs: ['b'],
      },
      form: { method: 'POST', path: '/form', form: true, body: { a: '$a', b: ['$a', 'x'] } },
      some: { path: '/some', query: { ids: '$ids', more: '$more' }, lists: 'comma' },
      deep: { path: '/deep', result: 'data.thing' },
    },
  })

  test('puts inputs into path, query, headers and body, and leaves out what is not given', () => {
    expect(description.encode('one', { id: 'a/b c', limit: 5 })).toEqual({
      method: 'GET',
      url: 'http://s/api/things/a%2Fb%20c?size=5',
      headers: { accept: 'application/json' },
    })
    const call = description.encode('change', { id: 7, b: '$settings.site', list: [1, '$b'] })
    expect(call).toMatchObject({ method: 'PUT', url: 'http://s/api/things/7', headers: { 'x-site': '100' } })
    expect(call.headers).not.toHaveProperty('x-note')
    // A value that looks like a template stays what it is.
    expect(JSON.parse(call.body ?? '')).toEqual({ a: { b: '$settings.site' }, list: [1, '$b'], fixed: 1 })
    expect(description.encode('form', { a: 'x & y=z' }).body).toBe('a=x+%26+y%3Dz&b=x+%26+y%3Dz&b=x')
    expect(queryOf(description.encode('some', { ids: ['1', '2,3'] }).url)).toEqual(['ids=1,2,3'])
  })

  test('safe is what is read, unless told', () => {
    expect(description.operations.get('one')).toEqual({ safe: true })
    expect(description.operations.get('change')).toEqual({ safe: false })
  })

  test.each([
    ['nothing', {}],
    ['two dots', { id: '..' }],
    ['one dot', { id: '.' }],
    ['an object', { id: { a: 1 } }],
    ['an empty text', { id: '' }],
  ])('a path is not left by %s', (_, input) => {
    try {
      expect(description.encode('one', input).url).toMatch(/^http:\/\/s\/api\/things\/(%2E)+$/)
    } catch (error) {
      expect(error).toMatchObject({ code: 'INPUT_FAULT' })
    }
  })

  test.each([
    ['an operation that is not there', 'none', {}],
    ['the name of a method of objects', 'constructor', {}],
    ['an input that has no place', 'one', { id: 1, other: 2 }],
    ['no input where one is needed', 'change', { id: 1 }],
    ['an empty list', 'some', { ids: [] }],
  ])('%s is a fault of the input', (_, operation, input) => {
    expect(() => description.encode(operation, input)).toThrow(expect.objectContaining({ code: 'INPUT_FAULT' }))
  })

  test('the answer is what stands at its path, or an error', () => {
    expect(description.decode('deep', json({ data: { thing: { id: '1' } } }))).toEqual({ id: '1' })
    expect(() => description.decode('deep', json({ data: null }))).toThrow(
      expect.objectContaining({ code: 'UPSTREAM_BAD_ANSWER' }),
    )
  })
})

describe('values', () => {
  const read = (rest: object, row: Record<string, unknown>) => {
    const { description, entity } = system({ operations: { list: { path: '/t' } }, ...rest })
    return description.rows(entity, [row]).rows[0]
  }

  test.each([
    ['2026-03-01T08:00:00', '2026-03-01T00:00:00.000Z', '2026-03-01'],
    ['2026-03-01 00:30:00.123', '2026-02-28T16:30:00.123Z', '2026-03-01'],
    ['2026-02-30T00:00:00', '2026-02-30T00:00:00', '2026-02-30'],
    ['soon', 'soon', 'soon'],
    [' ', null, null],
    ['0001-01-01', null, null],
  ])('a local time %j', (told, time, day) => {
    const rest = {
      values: { time: ['a.at'], day: ['day'], trim: true, none: ['0001-01-01'] },
      times: 'local',
      timeZone: 'Asia/Shanghai',
    }
    expect(read(rest, { a: { at: told }, day: told })).toEqual({ a: { at: time }, day })
  })

  test('clocks that change', () => {
    const rest = { values: { time: ['at'] }, times: 'local', timeZone: 'Europe/Berlin' }
    expect(read(rest, { at: '2026-03-29T01:59:59' })).toEqual({ at: '2026-03-29T00:59:59.000Z' })
    expect(read(rest, { at: '2026-03-29T03:00:00' })).toEqual({ at: '2026-03-29T01:00:00.000Z' })
    expect(read(rest, { at: '2026-07-01T00:00:00' })).toEqual({ at: '2026-06-30T22:00:00.000Z' })
  })

  test('seconds and milliseconds', () => {
    expect(read({ values: { time: ['at'] }, times: 'seconds' }, { at: 1772323200 })).toEqual({
      at: '2026-03-01T00:00:00.000Z',
    })
    expect(
      read({ values: { day: ['at'] }, times: 'milliseconds', timeZone: 'Asia/Shanghai' }, { at: '1772323200000' }),
    ).toEqual({ at: '2026-03-01' })
    expect(read({ values: { time: ['at'] }, times: 'milliseconds' }, { at: 'x' })).toEqual({ at: 'x' })
  })

  test('a zone that is none is a fault of the mapping', () => {
    expect(() => system({ operations: {}, timeZone: 'Mars/Olympus' })).toThrow(MappingFault)
  })
})
