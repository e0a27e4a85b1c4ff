import { describe, expect, test } from 'vitest'
import type { Description, Rows } from './protocol.ts'
import { json, question, system } from './rest.fixture.ts'

describe('pages', () => {
  const things = Array.from({ length: 7 }, (_, index) => ({ id: String(index) }))
  type Serve = (asked: URLSearchParams) => unknown

  async function read(page: object, serve: Serve, wanted: { offset: number; limit: number }, total?: string) {
    const query = { offset: '$offset', size: '$limit', page: '$page', cursor: '$cursor' }
    const { description, entity } = system(
      { operations: { list: { path: '/things', query } } },
      { rows: 'items', ...page, ...(total && { total }) },
    )
    let call = (await description.ask(entity, question(wanted))) as Parameters<NonNullable<Description['rows']>>[2]
    const ids: string[] = []
    let answer: Rows | undefined
    for (let calls = 0; call && ids.length < wanted.limit; calls += 1) {
      if (calls > 20) throw new Error('no end of pages')
      const { url } = description.encode(call.operation, call.input)
      answer = description.rows(entity, description.decode('list', json(serve(new URL(url).searchParams))), call)
      ids.push(...answer.rows.map(row => String(row.id)))
      call = await answer.next
    }
    return { ids: ids.slice(0, wanted.limit).join(''), total: answer?.total, more: answer?.more }
  }

  const styles: [string, object, Serve][] = [
    [
      'by offset',
      { page: { style: 'offset' }, max: 3 },
      asked => ({
        items: things.slice(Number(asked.get('offset')), Number(asked.get('offset')) + Number(asked.get('size'))),
      }),
    ],
    [
      'by number',
      { page: { style: 'page', first: 1 }, max: 3 },
      asked => {
        const size = Number(asked.get('size'))
        return { items: things.slice((Number(asked.get('page')) - 1) * size, Number(asked.get('page')) * size) }
      },
    ],
    [
      'by cursor',
      { page: { style: 'cursor', next: 'next' }, max: 2 },
      asked => {
        const from = Number(asked.get('cursor') ?? 0)
        return { items: things.slice(from, from + 2), next: from + 2 < 7 ? String(from + 2) : '' }
      },
    ],
    [
      'by address',
      { page: { style: 'link', next: 'links.next' } },
      asked => {
        const from = Number(asked.get('from') ?? 0)
        return {
          items: things.slice(from, from + 2),
          links: { next: from + 2 < 7 ? `/api/things?from=${from + 2}` : null },
        }
      },
    ],
    ['that there are none', { page: { style: 'none' } }, () => ({ items: things })],
  ]

  test.each(styles)('%s give the rows that were wanted, wherever they begin', async (_, page, serve) => {
    for (const [offset, limit] of [
      [0, 2],
      [0, 7],
      [0, 100],
      [2, 2],
      [3, 3],
      [5, 5],
      [1, 4],
      [7, 2],
      [20, 2],
    ] as const) {
      const { ids } = await read(page, serve, { offset, limit })
      expect(ids, `${offset} ${limit}`).toBe('0123456'.slice(offset, offset + limit))
    }
  })

  test('how many there are is known at the last page, or when it is told', async () => {
    const [, page, serve] = styles[0] as (typeof styles)[number]
    expect(await read(page, serve, { offset: 0, limit: 3 })).toEqual({ ids: '012', total: null, more: true })
    expect(await read(page, serve, { offset: 6, limit: 3 })).toEqual({ ids: '6', total: 7, more: false })
    const told: Serve = asked => ({ ...(serve(asked) as object), n: '7' })
    expect(await read(page, told, { offset: 0, limit: 3 }, 'n')).toMatchObject({ total: 7 })
  })

  test('a cursor that leads in a circle is an error', async () => {
    const page = { page: { style: 'cursor', next: 'next' } }
    const circle = read(page, () => ({ items: [], next: 'same' }), { offset: 0, limit: 2 })
    await expect(circle).rejects.toMatchObject({ code: 'UPSTREAM_BAD_ANSWER' })
  })

  test('the next address may stand in a header, and is followed nowhere else', async () => {
    const { description, entity } = system(
      {
        operations: {
          list: {
            path: '/t',
            headersOfAnswer: ['link', 'x-total'],
          },
        },
      },
      { rows: 'body', total: 'headers.x-total', page: { style: 'link' } },
    )
    const next = async (link: string) => {
      const call = description.ask(entity, question()) as { operation: string; input: Record<string, unknown> }
      const answer = { ...json([{ id: 1 }]), headers: { link, 'x-total': '9' } }
      const { total, next } = description.rows(entity, description.decode('list', answer), call)
      return { total, next: await next }
    }
    const found = await next('<http://s/api/t?p=0>; rel="prev", <http://s/api/t?p=2>; title="a, b"; rel="next"')
    expect(found.total).toBe(9)
    expect(found.next && description.encode('list', found.next.input).url).toBe('http://s/api/t?p=2')
    expect((await next('<http://s/api/t?p=0>; rel="prev"')).next).toBeUndefined()
    for (const elsewhere of ['<http://evil/t>; rel=next', '<//evil/t>; rel=next', '<https://s/t>; rel=next']) {
      const { next: call } = await next(elsewhere)
      expect(() => description.encode('list', call?.input ?? {})).toThrow(/elsewhere/)
    }
  })
})
