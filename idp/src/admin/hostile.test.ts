import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { z } from 'zod'
import { accountOperations } from '../account/routes.ts'
import { secretOf } from '../oidc/testing/accounts.ts'
import { startTestIdp, type TestIdp } from '../oidc/testing/idp.ts'
import { visit } from '../oidc/testing/relying-party.ts'
import { operations } from './routes.ts'

/**
 * Every operation of the admin API, of people's own and of SCIM, by somebody who may call it, with what no client of theirs sends: ids,
 * queries and bodies made of right names and rubbish, twice, too long, of another type, cut off. Whatever comes is answered as the
 * document says it is, and is no fault of ours.
 */
type Endpoint = { method: string; path: string; query: string[]; body: string[]; bearer: 'admin' | 'person' | 'scim' }

let idp: TestIdp
let origin: string
let bearers: Record<Endpoint['bearer'], string>
beforeAll(async () => {
  idp = await startTestIdp({ env: { BOOTSTRAP_CLIENT_SECRET: 'bootstrap-secret-for-tests' } })
  origin = new URL(idp.issuer).origin
  bearers = {
    admin: await clientToken('bootstrap', 'bootstrap-secret-for-tests', 'admin'),
    scim: await clientToken('gateway', secretOf('gateway'), 'scim:read'),
    person: (await visit(idp, 'portal', 'li.na')).tokens.access_token,
  }
})
afterAll(() => idp?.stop())

async function clientToken(id: string, secret: string, scope: string): Promise<string> {
  const answer = await fetch(`${idp.issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: 'urn:atrium:api', scope }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}

const namesIn = (schema: z.ZodType | null): string[] => Object.keys((schema as z.ZodObject | null)?.shape ?? {})
const described = (all: typeof operations | typeof accountOperations, bearer: Endpoint['bearer']): Endpoint[] =>
  all.map(({ method, path, query, body }) => ({
    method: method.toUpperCase(),
    path,
    query: namesIn(query),
    body: namesIn(body),
    bearer,
  }))
const scimQuery = ['filter', 'startIndex', 'count', 'attributes', 'sortBy']
const endpoints: Endpoint[] = [
  ...described(operations, 'admin'),
  // A person who ends their own sessions would be asked to sign in by all that follows.
  ...described(accountOperations, 'person').filter(({ path }) => !/sessions/.test(path)),
  ...['Users', 'Users/{id}', 'Groups', 'Groups/{id}', 'Schemas/{id}', 'ResourceTypes', 'ServiceProviderConfig'].map(
    path => ({ method: 'GET', path: `/scim/v2/${path}`, query: scimQuery, body: [], bearer: 'scim' as const }),
  ),
]

const known = ['e0012', 'crm', 'sales-manager', 'employee', '1', 'zh-CN', 'userName eq "li.na"', '2026-01-01T00:00:00Z']
const text = fc.oneof(
  fc.constantFrom(...known),
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    '', '0', '-1', '1e999', '99999999999999999999', 'null', '{}', '\u0000', 'a\u0000b', '\ud800', '%', "' or 1=1 --", '../..', '\r\nx: y',
    '9999-12-31T23:59:59Z', '-271821-04-20', 'userName eq', 'a eq "b" and (', '💥',
  ), // biome-ignore format: a list of words
  fc.integer({ min: 1, max: 20 }).map(n => 'x'.repeat(n * 400)),
)
const value = fc.oneof(
  text,
  fc.jsonValue(),
  fc.constantFrom<unknown>(null, true, 0, -1, 2 ** 53, 1e308, [], {}, [null], { zh: '\u0000', en: '' }),
)
const shot = fc.record({
  at: fc.nat(10_000),
  ids: fc.array(text, { minLength: 3, maxLength: 3 }),
  query: fc.array(fc.tuple(fc.nat(20), text), { maxLength: 3 }),
  fields: fc.array(fc.tuple(fc.oneof(fc.nat(20), text), value), { maxLength: 6 }),
  // Mostly an object; sometimes what is none, or no JSON at all.
  raw: fc.option(fc.oneof(text, fc.json()), { nil: undefined, freq: 4 }),
  ifMatch: fc.option(fc.constantFrom('*', '"1"', '"x"', 'W/"1"', '"99999999999"'), { nil: undefined }),
  type: fc.constantFrom('application/json', 'application/json', 'application/json; charset=x', 'text/plain', ''),
  language: fc.constantFrom('en', 'zh-CN', 'x', ';;q=9'),
})

it('every operation answers whatever it is sent, and finds no fault of ours', async () => {
  const called = new Set<string>()
  await fc.assert(
    fc.asyncProperty(shot, async ({ at, ids, query, fields, raw, ifMatch, type, language }) => {
      const endpoint = endpoints[at % endpoints.length] as Endpoint
      // An empty one, or dots, would be another path.
      const left = ids.map(id => (/^\.{0,2}$/.test(id) ? 'x' : encodeURIComponent(id.toWellFormed())))
      const path = endpoint.path.replace(/\{\w+\}/g, () => left.pop() ?? 'x')
      const url = new URL(origin + path)
      const named = (names: string[], n: number): string => names[n % Math.max(1, names.length)] ?? 'unknown'
      for (const [n, one] of query) url.searchParams.append(named(endpoint.query, n), one.toWellFormed().slice(0, 2000))
      const pairs = fields.map(([name, one]) => [typeof name === 'number' ? named(endpoint.body, name) : name, one])
      const body = endpoint.method === 'GET' ? undefined : (raw ?? JSON.stringify(Object.fromEntries(pairs)))
      const response = await fetch(url, {
        method: endpoint.method,
        redirect: 'manual',
        headers: {
          authorization: `Bearer ${bearers[endpoint.bearer]}`,
          'accept-language': language,
          ...(body === undefined ? {} : { 'content-type': type }),
          ...(ifMatch ? { 'if-match': ifMatch } : {}),
        },
        ...(body === undefined ? {} : { body }),
      })
      const said = await response.text()
      const what = `${endpoint.method} ${url} ${body?.slice(0, 300)} → ${response.status} ${said.slice(0, 300)}`
      called.add(endpoint.path)
      expect(response.status, what).toBeLessThan(500)
      expect(response.status, what).not.toBe(401)
      expect(said, what).not.toMatch(/\bat .*\.(ts|js):\d+|syntax error|invalid input/)
      if (response.status >= 400 && said)
        expect(response.headers.get('content-type'), what).toMatch(/problem\+json|scim\+json/)
      if (response.status === 429) expect(Number(response.headers.get('retry-after')), what).toBeGreaterThan(0)
    }),
    {
      numRuns: Number(process.env.HOSTILE_RUNS ?? 300),
      ...(process.env.HOSTILE_SEED ? { seed: Number(process.env.HOSTILE_SEED) } : {}),
    },
  )
  expect(called.size).toBeGreaterThan(30)
}, 120_000)

it.each(
  endpoints
    .filter(({ path, query }) => path.includes('{') || query.length > 0)
    .map(one => [`${one.method} ${one.path}`, one] as const),
)('%s takes a null character nowhere, and says so', async (_, { method, path, query, bearer }) => {
  const urls = [
    ...(path.includes('{') ? [path.replace(/\{\w+\}/g, '%00'), path.replace(/\{\w+\}/g, 'a%00b')] : []),
    ...query.map(name => `${path.replace(/\{\w+\}/g, '1')}?${name}=%00`),
  ]
  for (const url of urls) {
    const response = await fetch(origin + url, {
      method,
      headers: { authorization: `Bearer ${bearers[bearer]}`, 'if-match': '*', 'content-type': 'application/json' },
      ...(method === 'GET' ? {} : { body: '{}' }),
    })
    expect(response.status, `${url} ${await response.text()}`).toBeLessThan(500)
  }
})
