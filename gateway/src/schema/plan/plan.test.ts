import { makeExecutableSchema } from '@graphql-tools/schema'
import { type ExecutionResult, execute, parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import type { RequestContext } from '../context.ts'
import { compilePlan } from './plan.ts'

/** A schema in which values come at once and late, fail, are null where they must not be, and are of several types. */
const schema = makeExecutableSchema({
  typeDefs: /* GraphQL */ `
    enum Colour { RED GREEN }
    input Range { from: Int = 1, to: Int }
    interface Named { name: String }
    type Query {
      hero: Hero
      late: Hero
      heroes(first: Int = 3): [Hero!]
      loose: [Hero]
      anybody: [Anybody]
      named: [Named]
      fails: String
      failsLate: Hero
      mustFail: Hero!
      matrix: [[Int!]!]
      sum(range: Range, of: [Int!]): Int
      echo(text: String, colour: Colour): String
      notIterable: [Int]
      called(x: Int): Int
      colour: Colour
      wrongColour: Colour
      iterable: [Int]
      errorValue: String
    }
    type Mutation { add(by: Int!): Int fail: Int! }
    union Anybody = Hero | Villain
    type Hero implements Named { id: ID! name: String friends(first: Int): [Hero!] secret: String! lateSecret: String! age: Int broken: Int ok: Boolean }
    type Villain implements Named { name: String plan: String colour: Colour }
  `,
  resolvers: {
    Query: {
      hero: () => hero(1),
      late: async () => hero(2),
      heroes: (_: unknown, { first }: { first: number }) => Array.from({ length: first }, (_, n) => hero(n)),
      loose: () => [
        hero(1),
        null,
        Promise.resolve(hero(2)),
        new Error('no hero'),
        Promise.reject(new Error('late no hero')),
      ],
      anybody: async () => [hero(1), { __typename: 'Villain', name: 'V', plan: 'P' }, null],
      named: () => [hero(3), { __typename: 'Villain', name: 'W' }],
      fails: () => {
        throw new Error('it fails')
      },
      failsLate: () => Promise.reject(new Error('it fails later')),
      mustFail: async () => null,
      matrix: () => [[1, 2], null, [3, null]],
      sum: (_: unknown, { range, of = [] }: { range?: { from: number; to?: number }; of?: number[] }) =>
        (range?.from ?? 0) + (range?.to ?? 0) + of.reduce((sum, one) => sum + one, 0),
      echo: (_: unknown, given: object, context: { who: string }) => `${context.who} ${JSON.stringify(given)}`,
      notIterable: () => 7,
      wrongColour: () => 'BLUE',
      iterable: () => new Set([1, 2, 3]),
      errorValue: () => new Error('as a value'),
    },
    Mutation: {
      add: async (_: unknown, { by }: { by: number }, context: { total: number }) => {
        const before = context.total
        await null
        context.total = before + by
        return context.total
      },
      fail: () => null,
    },
    Hero: {
      friends: async (_: unknown, { first = 2 }: { first?: number }) => [hero(first), hero(first + 1)],
      secret: (one: { n: number }) => (one.n === 2 ? null : 's'),
      lateSecret: async (one: { n: number }) => {
        if (one.n === 1) throw new Error('forgotten')
        return 'l'
      },
      broken: () => 'no number',
    },
    Anybody: { __resolveType: (one: { __typename?: string }) => one.__typename },
    Named: { __resolveType: async (one: { __typename?: string }) => one.__typename },
  },
})
const hero = (n: number) => ({ __typename: 'Hero', n, id: n, name: `h${n}`, age: () => n * 10, ok: n % 2 === 0 })
const root = { colour: 'RED', called: ({ x }: { x: number }) => x + 1 }

const documents: [string, Record<string, unknown>?][] = [
  ['{ hero { id name age ok } late { id __typename } }'],
  ['{ a: hero { id } b: hero { name } a: hero { name } heroes(first: 2) { friends(first: 5) { id friends { id } } } }'],
  ['query($n: Int!, $no: Int) { heroes(first: $n) { id friends(first: $no) { id } } }', { n: 3 }],
  ['query($n: Int!) { heroes(first: $n) { id } }', {}],
  ['query($n: Int!) { heroes(first: $n) { id } }', { n: 'three' }],
  ['query($n: Int) { heroes(first: $n) { id } }', { n: null }],
  ['{ loose { id } }'],
  ['{ loose { id secret } fails hero { name } }'],
  ['{ heroes(first: 4) { id secret } hero { id } }'],
  ['{ hero { id lateSecret secret } late { id lateSecret secret } }'],
  ['{ heroes(first: 3) { lateSecret } }'],
  ['{ mustFail { id } hero { id } }'],
  ['{ failsLate { id } hero { broken id } }'],
  ['{ anybody { ... on Hero { id friends { id } } ... on Villain { plan } __typename } }'],
  ['{ named { name ...F ... on Villain { colour } } } fragment F on Hero { id ...G } fragment G on Named { n: name }'],
  ['{ matrix notIterable iterable wrongColour colour errorValue }'],
  ['{ called(x: 4) sum(range: { to: 5 }, of: [1, 2]) }'],
  ['query($r: Range, $x: Int!) { sum(range: $r, of: [$x, 3]) two: sum(of: [$x]) }', { r: { to: 9 }, x: 7 }],
  ['query($c: Colour) { echo(text: "a", colour: $c) }', { c: 'GREEN' }],
  ['query($c: Colour) { echo(colour: $c) }', { c: 'BLUE' }],
  [
    'query($a: Boolean!, $b: Boolean = false) { hero { id @include(if: $a) name @skip(if: $b) } ... @include(if: $b) { fails } }',
    { a: true },
  ],
  [
    'query($a: Boolean!, $b: Boolean = false) { hero { id @include(if: $a) name @skip(if: $b) } ... @include(if: $b) { fails } }',
    { a: false, b: true },
  ],
  ['{ hero { id @skip(if: true) name @include(if: false) ok } }'],
  ['mutation { a: add(by: 1) b: add(by: 10) c: add(by: 100) }'],
  ['mutation { a: add(by: 1) fail b: add(by: 10) }'],
]

const contextOf = () => ({ who: 'me', total: 0 }) as unknown as RequestContext

test.each(documents)('%s is answered as graphql-js answers it', async (text, variables = {}) => {
  const document = parse(text)
  expect(validate(schema, document)).toEqual([])
  const plan = compilePlan(schema, document)
  const expected = await execute({
    schema,
    document,
    rootValue: root,
    contextValue: contextOf(),
    variableValues: variables,
  })
  // Twice: what is kept from one run must not show in the next.
  for (let run = 0; run < 2; run += 1) {
    const answer = await plan?.run(contextOf(), variables, root)
    expect(plain(answer)).toEqual(plain(expected))
    expect(JSON.stringify(answer?.data)).toBe(JSON.stringify(expected.data))
  }
})

test('a plan that is run with other variables before the first run ends keeps them apart', async () => {
  const plan = compilePlan(schema, parse('query($n: Int!) { heroes(first: $n) { id friends(first: $n) { id } } }'))
  const answers = await Promise.all([1, 2, 3].map(n => plan?.run(contextOf(), { n })))
  expect(
    answers.map(one =>
      (one as { data: { heroes: { friends: { id: string }[] }[] } }).data.heroes.map(h => h.friends[0]?.id),
    ),
  ).toEqual([['1'], ['2', '2'], ['3', '3', '3']])
})

test('introspection, subscriptions and documents of several operations have no plan', () => {
  expect(compilePlan(schema, parse('{ __schema { types { name } } }'))).toBeUndefined()
  expect(compilePlan(schema, parse('{ hero { id } } query B { hero { id } }'))).toBeUndefined()
  expect(compilePlan(schema, parse('query A { hero { id } } query B { hero { id } }'), 'B')).toBeDefined()
})

function plain(result: ExecutionResult | undefined): unknown {
  const errors = result?.errors?.map(error => JSON.stringify(error.toJSON())).sort()
  return { data: result?.data, ...(errors && { errors }) }
}
