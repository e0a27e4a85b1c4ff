import { setImmediate } from 'node:timers/promises'
import { makeExecutableSchema } from '@graphql-tools/schema'
import fc from 'fast-check'
import { type ExecutionResult, GraphQLSchema, parse, specifiedDirectives, validate } from 'graphql'
import { beforeEach, describe, expect, test } from 'vitest'
import type { RequestContext } from '../context.ts'
import { deferDirective, documentRules } from '../defer.ts'
import type { PartResult } from './parts.ts'
import { compilePlan, type Delivery, isDelivery, type Plan } from './plan.ts'

let asked: string[] = []
const gates = new Map<string, PromiseWithResolvers<void>>()
const gate = (name: string): PromiseWithResolvers<void> => {
  const one = gates.get(name) ?? Promise.withResolvers<void>()
  gates.set(name, one)
  return one
}
beforeEach(() => {
  asked = []
  gates.clear()
})

const thing = (n: number) => ({ n, id: `t${n}`, name: n % 3 === 0 ? null : `name ${n}` })
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await setImmediate()
}
const made = makeExecutableSchema({
  typeDefs: /* GraphQL */ `
    directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
    interface Named { name: String }
    type Query { thing(n: Int = 1): Thing things(first: Int = 2): [Thing!] loose: [Thing] named: [Named] fails: Thing }
    type Mutation { make(n: Int!): Thing }
    type Other implements Named { name: String other: Int }
    type Thing implements Named {
      id: ID! n: Int name: String
      late(turns: Int = 1): String soon: Thing slow: Thing self: Thing! children(first: Int = 2): [Thing!]!
      gated(by: String = "a"): String bad: String badLate: String must: String! mustLate: String!
    }
  `,
  resolvers: {
    Query: {
      thing: (_: unknown, { n }: { n: number }) => note(`thing ${n}`, () => thing(n)),
      things: (_: unknown, { first }: { first: number }) =>
        note(`things ${first}`, async () => Array.from({ length: first }, (_, n) => thing(n + 1))),
      loose: () => note('loose', () => [thing(1), null, Promise.resolve(thing(2))]),
      named: () => note('named', async () => [thing(4), { __typename: 'Other', name: 'o', other: 7 }]),
      fails: () => Promise.reject(new Error('no thing')),
    },
    Mutation: { make: (_: unknown, { n }: { n: number }) => note(`make ${n}`, async () => thing(n)) },
    Thing: {
      late: (one: { n: number }, args: { turns: number }) =>
        note(`late ${one.n}`, async () => {
          await turns(args.turns)
          return `late ${one.n}`
        }),
      soon: (one: { n: number }) => note(`soon ${one.n}`, () => thing(one.n + 10)),
      slow: (one: { n: number }) =>
        note(`slow ${one.n}`, async () => {
          await turns(3)
          return one.n % 2 === 0 ? null : thing(one.n + 20)
        }),
      self: (one: object) => ({ ...one }),
      children: (one: { n: number }, { first }: { first: number }) =>
        note(`children ${one.n}`, async () => Array.from({ length: first }, (_, n) => thing(one.n * 2 + n))),
      gated: (one: { n: number }, { by }: { by: string }) =>
        note(`gated ${one.n} ${by}`, () => gate(by).promise.then(() => `${by} ${one.n}`)),
      bad: () => {
        throw new Error('bad')
      },
      badLate: () => Promise.reject(new Error('bad later')),
      must: () => {
        throw new Error('must')
      },
      mustLate: async () => {
        await turns(2)
        throw new Error('must later')
      },
    },
    Named: { __resolveType: (one: { __typename?: string }) => one.__typename ?? 'Thing' },
  },
})
const schema = new GraphQLSchema({ ...made.toConfig(), directives: [...specifiedDirectives, deferDirective] })

function note<T>(what: string, give: () => T): T {
  asked.push(what)
  return give()
}

const context = {} as RequestContext

function planOf(text: string): Plan {
  const document = parse(text)
  expect(validate(schema, document, documentRules), text).toEqual([])
  return compilePlan(schema, document) as Plan
}

const deliver = async (text: string, variables: Record<string, unknown> = {}): Promise<ExecutionResult | Delivery> =>
  await (planOf(text).deliver?.(context, variables) as Promise<ExecutionResult | Delivery>)

/** As a client lays the payloads over one another. */
function merged(data: unknown, part: unknown): unknown {
  if (Array.isArray(data) && Array.isArray(part)) return part.map((one, index) => merged(data[index], one))
  if (isObject(data) && isObject(part)) {
    const all = { ...data }
    for (const [key, value] of Object.entries(part)) all[key] = merged(all[key], value)
    return all
  }
  return part === undefined ? data : part
}
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
function laid(data: unknown, { path, data: part }: PartResult): unknown {
  const [key, ...rest] = path
  if (key === undefined) return merged(data, part)
  const into = data as Record<string | number, unknown>
  expect(isObject(into[key]), `there is an object at ${path.join('.')}`).toBe(true)
  const copy = (Array.isArray(data) ? [...data] : { ...into }) as Record<string | number, unknown>
  copy[key] = laid(into[key], { path: rest, data: part, label: undefined, errors: [] })
  return copy
}

interface Told {
  data: unknown
  errors: string[]
  parts: PartResult[]
}

async function all(answer: ExecutionResult | Delivery): Promise<Told> {
  const first = isDelivery(answer) ? answer.first : answer
  // As it is sent: what is laid over it later must not be in it.
  let data: unknown = JSON.parse(JSON.stringify(first.data ?? null))
  const parts: PartResult[] = []
  while (isDelivery(answer) && answer.more)
    for (const part of await answer.next()) {
      parts.push(JSON.parse(JSON.stringify(part)) as PartResult)
      if (part.data) data = laid(data, parts.at(-1) as PartResult)
    }
  const errors = [...(first.errors ?? []), ...parts.flatMap(part => part.errors)].map(one => one.message)
  return { data, errors: errors.sort(), parts }
}

describe('a deferred fragment', () => {
  test('is read at the same moment as the rest and told when it is ready', async () => {
    const answer = await deliver('{ thing { id ... @defer(label: "g") { gated late } } things(first: 1) { name } }')
    expect(asked).toEqual(['thing 1', 'gated 1 a', 'late 1', 'things 1'])
    if (!isDelivery(answer)) throw new Error('it came at once')
    expect(answer.first).toEqual({ data: { thing: { id: 't1' }, things: [{ name: 'name 1' }] } })
    gate('a').resolve()
    expect(await answer.next()).toEqual([
      { data: { gated: 'a 1', late: 'late 1' }, path: ['thing'], label: 'g', errors: [] },
    ])
    expect([answer.more, await answer.next()]).toEqual([false, []])
  })

  test('that is ready with the rest is told with the rest', async () => {
    expect(await deliver('{ thing { id ... @defer { name soon { n } ... @defer { late } } } }')).toEqual({
      data: { thing: { id: 't1', name: 'name 1', soon: { n: 11 }, late: 'late 1' } },
    })
  })

  test('that waits keeps nobody waiting: each comes when it is ready', async () => {
    const answer = await deliver(
      '{ thing { ... @defer { a: gated(by: "a") } ... @defer { b: gated(by: "b") } c: late } }',
    )
    if (!isDelivery(answer)) throw new Error('it came at once')
    expect(answer.first.data).toEqual({ thing: { c: 'late 1' } })
    for (const by of ['b', 'a']) {
      const next = answer.next()
      gate(by).resolve()
      expect((await next).map(part => part.data)).toEqual([{ [by]: `${by} 1` }])
    }
    expect(answer.more).toBe(false)
  })

  test('in a list is told for each place, those that are ready together in one', async () => {
    const answer = await deliver('{ things(first: 3) { id ...F @defer(label: "f") } } fragment F on Thing { gated n }')
    if (!isDelivery(answer)) throw new Error('it came at once')
    expect(answer.first.data).toEqual({ things: [{ id: 't1' }, { id: 't2' }, { id: 't3' }] })
    gate('a').resolve()
    expect((await answer.next()).map(part => [...part.path, part.label, part.data?.gated])).toEqual([
      ['things', 0, 'f', 'a 1'],
      ['things', 1, 'f', 'a 2'],
      ['things', 2, 'f', 'a 3'],
    ])
  })

  test('in another is told after it, whichever was ready first', async () => {
    const answer = await deliver(
      '{ thing { id ... @defer(label: "out") { gated ... @defer(label: "in") { slow { ... @defer(label: "deep") { late } bad } } } } }',
    )
    if (!isDelivery(answer)) throw new Error('it came at once')
    const next = answer.next()
    await turns(20)
    gate('a').resolve()
    expect((await next).map(part => part.label)).toEqual(['out', 'in', 'deep'])
  })

  test.each([
    ['@defer(if: false)', {}, false],
    ['@defer(if: $when)', { when: false }, false],
    ['@defer(if: $when)', { when: true }, true],
    ['@defer(if: $when, label: "l")', {}, true],
    ['@defer(label: "l", if: $when)', { when: false }, false],
    ['@defer(if: true) @include(if: false)', {}, false],
  ])('with %s under %j comes later: %s', async (directives, variables, comesLater) => {
    const head = directives.includes('$when') ? 'query($when: Boolean)' : 'query'
    const answer = await deliver(`${head} { thing { id ... ${directives} { late(turns: 30) } } }`, variables)
    expect(isDelivery(answer)).toBe(comesLater)
  })

  test('is delivered with the rest to whoever takes no parts', async () => {
    gate('a').resolve()
    const answer = await planOf('{ thing { id ... @defer { gated must } } }').run(context, {})
    expect(answer).toMatchObject({ data: { thing: null }, errors: [{ message: 'must' }] })
  })

  test('is given up when nobody listens any more', async () => {
    const answer = await deliver('{ thing { id ... @defer { gated } } }')
    if (!isDelivery(answer)) throw new Error('it came at once')
    const next = answer.next()
    answer.stop()
    expect([await next, answer.more]).toEqual([[], false])
  })

  test('beyond a thousand comes with what it stands in', async () => {
    const answer = await deliver('{ things(first: 600) { ... @defer { n } ... @defer { bad } } }')
    if (!isDelivery(answer)) throw new Error('it came at once')
    const things = answer.first.data?.things as object[]
    expect([things.filter(one => 'bad' in one).length, answer.first.errors?.length]).toEqual([100, 100])
    expect(await answer.next()).toHaveLength(500)
  })
})

describe('what fails in a deferred fragment', () => {
  test('is told with it, and with nothing else', async () => {
    const answer = await deliver('{ thing { id bad ... @defer(label: "d") { n badLate } } }')
    if (!isDelivery(answer)) throw new Error('it came at once')
    expect(answer.first).toMatchObject({
      data: { thing: { id: 't1', bad: null } },
      errors: [{ path: ['thing', 'bad'] }],
    })
    expect(answer.first.errors).toHaveLength(1)
    expect(await answer.next()).toMatchObject([
      { label: 'd', data: { n: 1, badLate: null }, errors: [{ message: 'bad later', path: ['thing', 'badLate'] }] },
    ])
  })

  test.each(['must', 'mustLate', 'self { mustLate }'])(
    'takes the fragment alone when %s may not be null',
    async field => {
      const answer = await deliver(`{ things(first: 1) { id ... @defer { n ${field} ... @defer { late } } } }`)
      const { data, parts } = await all(answer)
      expect(data).toEqual({ things: [{ id: 't1' }] })
      expect(parts).toMatchObject([
        { data: null, path: ['things', 0], errors: [{ path: expect.arrayContaining(['things']) }] },
      ])
      expect(parts).toHaveLength(1)
    },
  )

  test('a fragment whose place was lost is not told', async () => {
    const { data, parts, errors } = await all(
      await deliver('{ thing { mustLate ... @defer { late } slow { ... @defer { late } } } named { name } }'),
    )
    expect(data).toEqual({ thing: null, named: [{ name: 'name 4' }, { name: 'o' }] })
    expect([parts, errors]).toEqual([[], ['must later']])
  })

  test('takes nothing back that was told before, and what was lost stays lost', async () => {
    const { data } = await all(
      await deliver(
        '{ thing { slow { id } s: soon { mustLate } ... @defer { slow { mustLate } s: soon { n } late } } }',
      ),
    )
    expect(data).toEqual({ thing: { slow: { id: 't21' }, s: null, late: 'late 1' } })
  })
})

test('a mutation defers what is below its fields', async () => {
  gate('a').resolve()
  const { data } = await all(
    await deliver('mutation { a: make(n: 1) { id ... @defer { gated } } b: make(n: 2) { id } }'),
  )
  expect(data).toEqual({ a: { id: 't1', gated: 'a 1' }, b: { id: 't2' } })
  expect(asked.filter(one => one.startsWith('make'))).toEqual(['make 1', 'make 2'])
})

test.each([
  ['mutation { ... @defer { make(n: 1) { id } } }', /cannot be deferred/],
  ['query($l: String) { ... @defer(label: $l) { thing { id } } }', /written out/],
  ['{ ... @defer(label: "a") { thing { id } } thing { ... @defer(label: "a") { n } } }', /there twice/],
  ['{ thing @defer { id } }', /may not be used on FIELD/],
])('%s is refused', (text, message) => {
  expect(validate(schema, parse(text), documentRules).map(one => one.message)[0]).toMatch(message)
})

describe('whatever is deferred', () => {
  const leaves = ['id', 'n', 'name', 'late', 'late2: late(turns: 4)', '__typename']
  const failing = [...leaves, 'bad', 'badLate', 'must', 'mustLate']
  const objects = ['soon', 'slow', 'self', 'children(first: 2)', 'children(first: 2)']

  /** Selections of a Thing, parts of them deferred, some asked for twice. */
  const selections = (depth: number, of: readonly string[]): fc.Arbitrary<string> => {
    const leaf = fc.constantFrom(...of)
    const below = (): fc.Arbitrary<string> =>
      fc.tuple(fc.constantFrom(...objects), selections(depth - 1, of)).map(([name, inner]) => `${name} ${inner}`)
    const fragment = (): fc.Arbitrary<string> =>
      fc
        .tuple(
          fc.constantFrom('...', '... on Thing'),
          fc.constantFrom('@defer', '@defer', '@defer(if: $x)', ''),
          selections(depth - 1, of),
        )
        .map(([head, defer, inner]) => `${head} ${defer} ${inner}`)
    const one = depth > 0 ? fc.oneof(leaf, below(), fragment(), fragment()) : leaf
    return fc.array(one, { minLength: 1, maxLength: 3 }).map(list => `{ ${list.join(' ')} }`)
  }
  const query = (of: readonly string[]): fc.Arbitrary<string> =>
    fc
      .array(
        fc
          .tuple(
            fc.constantFrom('thing', 'a: thing(n: 3)', 'things', 'loose', 'thing'),
            selections(2, of),
            fc.constantFrom('', '', '... @defer', '... @defer(if: $x)'),
          )
          .map(([root, inner, defer]) => (defer ? `${defer} { ${root} ${inner} }` : `${root} ${inner}`)),
        { minLength: 1, maxLength: 3 },
      )
      .map(list => `query($x: Boolean = true) { ${list.join(' ')} n: __typename @skip(if: $x) }`)

  const runs = { numRuns: 60, seed: 20220824 }

  test('the payloads come to what the whole answer is, by the same calls', async () => {
    await fc.assert(
      fc.asyncProperty(query(leaves), fc.boolean(), async (text, x) => {
        const plan = planOf(text)
        if (!plan.deliver) return
        asked = []
        const whole = await plan.run(context, { x })
        const calls = asked.toSorted()
        asked = []
        const told = await all(await plan.deliver(context, { x }))
        expect({ data: told.data, errors: told.errors }, text).toEqual({ data: whole.data, errors: [] })
        expect(asked.toSorted(), text).toEqual(calls)
      }),
      runs,
    )
  })

  test('and where something fails they hold nothing else than the whole answer would without it', async () => {
    await fc.assert(
      fc.asyncProperty(query(failing), async text => {
        const plan = planOf(text)
        if (!plan.deliver) return
        const whole = await plan.run(context, {})
        const told = await all(await plan.deliver(context, {}))
        // A fragment is lost alone where the whole answer loses what it stands in: there is never less.
        expect(
          holds(told.data, whole.data),
          `${text}\n${JSON.stringify(told.data)}\n${JSON.stringify(whole.data)}`,
        ).toBe(true)
        expect(told.errors.length === 0, text).toBe(!whole.errors)
      }),
      runs,
    )
  })

  function holds(told: unknown, whole: unknown): boolean {
    if (whole === null || whole === undefined) return true
    if (!isObject(whole)) return told === whole
    return isObject(told) && Object.keys(whole).every(key => holds(told[key], whole[key]))
  }
})
