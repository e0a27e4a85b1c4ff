import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseSystems } from './configuration.ts'
import { Connector } from './connector.ts'
import { sign, signedAuthentication } from './signing.ts'
import { json, startServer, type TestServer } from './testing/server.ts'
import type { Tokens } from './types.ts'

const recipe = (more: object) => signedAuthentication.parse({ kind: 'signed', ...more })
const call = {
  method: 'POST' as const,
  url: 'http://h.example:81/a/b.c?z=1&a=x%20y&a=%E4%B8%AD&a-b=0',
  headers: { 'Content-Type': 'application/json' },
  body: '{"n":1}',
}
const header = (more: object, name = 'x-out') => sign(recipe(more), call).headers[name]

describe('one value of a recipe', () => {
  test('HMAC and digests are those of the standards (RFC 4231 case 2, FIPS 180, RFC 1321)', () => {
    const data = 'what do ya want for nothing?'
    const steps = [
      { name: 'a', text: data, hmac: { algorithm: 'sha256', key: 'Jefe' }, encoding: ['hex'] },
      { name: 'b', text: 'abc', digest: 'sha256', encoding: ['hex'] },
      { name: 'c', text: 'abc', digest: 'md5', encoding: ['HEX'] },
    ]
    expect(header({ steps, headers: { 'X-Out': '{a} {b} {c}' } })).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad 900150983CD24FB0D6963F7D28E17F72',
    )
  })

  test('encodings follow one another: base64 of the hex text is not base64 of the bytes', () => {
    const one = (encoding: string[]) =>
      header({ steps: [{ name: 'a', text: 'abc', digest: 'sha1', encoding }], headers: { 'x-out': '{a}' } })
    expect(one(['base64'])).toBe('qZk+NkcGgWq6PiVxeFDCbJzQ2J0=')
    expect(one(['hex', 'base64'])).toBe(Buffer.from('a9993e364706816aba3e25717850c26c9cd0d89d').toString('base64'))
    expect(one(['base64', 'uri'])).toBe('qZk%2BNkcGgWq6PiVxeFDCbJzQ2J0%3D')
  })

  test('parameters are sorted by name, then value, and written alike; path, host, method, body and headers are had', () => {
    const steps = [{ name: 'p', text: '{path}', encoding: ['uri'] }]
    expect(
      header({
        steps,
        headers: { 'x-out': '{method} {host} {p} {query} {body} {header.content-type}|{header.absent}' },
      }),
    ).toBe('POST h.example:81 %2Fa%2Fb.c a=%E4%B8%AD&a=x%20y&a-b=0&z=1 {"n":1} application/json|')
  })

  test('texts in ordinal order, bytes under a mask', () => {
    const steps = [
      { name: 'list', sorted: ['b', 'a', 'B', '10', '9'], join: ',' },
      {
        name: 'masked',
        text: Buffer.from([1, 2, 3, 4]).toString('base64'),
        decode: 'base64',
        xor: '\u0001\u0002\u0003',
        encoding: ['hex'],
      },
    ]
    expect(header({ steps, headers: { 'x-out': '{list} {masked}' } })).toBe('10,9,B,a,b 00000005')
  })

  test('a signature may be a parameter; those that are there stay', () => {
    const signed = sign(recipe({ steps: [{ name: 's', text: 'a+b' }], query: { sign: '{s}' } }), call)
    expect(new URL(signed.url).searchParams.get('sign')).toBe('a+b')
    expect(new URL(signed.url).searchParams.getAll('a')).toEqual(['x y', '中'])
    expect(call.url).not.toContain('sign')
  })

  test('a value that looks like a template stays what it is', () => {
    const more = { values: { secret: '{body}' }, steps: [{ name: 's', text: '{secret}' }], headers: { 'x-out': '{s}' } }
    expect(header(more)).toBe('{body}')
  })

  test('only what an expression finds, and nothing where it finds nothing', () => {
    const part = (match: string) =>
      header({ values: { id: '229_abc' }, steps: [{ name: 'p', text: '{id}', match }], headers: { 'x-out': '<{p}>' } })
    expect(part('^([^_]*)_')).toBe('<229>')
    expect(part('^[^_]*_([^_]{32})$')).toBe('<>')
  })

  test.each([
    ['a value that is not there', { steps: [{ name: 'a', text: '{nothing}' }] }, /no value \{nothing\}/],
    [
      'a step used before it is made',
      {
        steps: [
          { name: 'a', text: '{b}' },
          { name: 'b', text: 'x' },
        ],
      },
      /no value \{b\}/,
    ],
    [
      'a header of an unknown value',
      { steps: [{ name: 'a', text: 'x' }], headers: { h: '{sig}' } },
      /no value \{sig\}/,
    ],
    ['two sources', { steps: [{ name: 'a', text: 'x', time: 'seconds' }] }, /exactly one/],
    ['no source', { steps: [{ name: 'a', digest: 'md5', encoding: ['hex'] }] }, /exactly one/],
    ['bytes that nothing writes', { steps: [{ name: 'a', text: 'x', digest: 'md5' }] }, /needs an encoding/],
    ['a name that is taken', { steps: [{ name: 'path', text: 'x' }] }, /\{path\} is there already/],
    ['an expression that is none', { steps: [{ name: 'a', text: 'x', match: '(' }] }, /match/],
    ['an account where nobody is named', { steps: [{ name: 'a', text: '{account}' }] }, /no value \{account\}/],
    ['an unknown algorithm', { steps: [{ name: 'a', text: 'x', digest: 'crc32', encoding: ['hex'] }] }, /digest/],
  ])('%s is a fault of the recipe', (_, more, message) => {
    expect(() => recipe(more)).toThrow(message)
  })
})

// 金蝶云星空's two signatures as its SDKs make them. No sample of the vendor's exists, so the server's side below is unverified:
// it is written from the same facts, in code of its own.
const kingdee = {
  kind: 'signed',
  values: {
    client: '201',
    secretPart: Buffer.alloc(24, 7).toString('base64'),
    appSecret: 'top-secret',
    account: 'acct,user,2052,0',
  },
  steps: [
    { name: 'ts', time: 'seconds' },
    { name: 'encodedPath', text: '{path}', encoding: ['uri'] },
    {
      name: 'clientSecret',
      text: '{secretPart}',
      decode: 'base64',
      xor: '0054f397c6234378b09ca7d3e5debce7',
      encoding: ['base64'],
    },
    {
      name: 'signature',
      text: 'POST\n{encodedPath}\n\nx-api-nonce:{ts}\nx-api-timestamp:{ts}\n',
      hmac: { algorithm: 'sha256', key: '{clientSecret}' },
      encoding: ['hex', 'base64'],
    },
    { name: 'appId', text: '{client}_{secretPart}' },
    { name: 'appData', text: '{account}', encoding: ['base64'] },
    {
      name: 'appSignature',
      text: '{appId}{account}',
      hmac: { algorithm: 'sha256', key: '{appSecret}' },
      encoding: ['hex', 'base64'],
    },
  ],
  headers: {
    'X-Api-ClientID': '{client}',
    'X-Api-Auth-Version': '2.0',
    'x-api-timestamp': '{ts}',
    'x-api-nonce': '{ts}',
    'x-api-signheaders': 'x-api-timestamp,x-api-nonce',
    'X-Api-Signature': '{signature}',
    'X-Kd-Appkey': '{appId}',
    'X-Kd-Appdata': '{appData}',
    'X-Kd-Signature': '{appSignature}',
  },
}

describe('a system whose every call is signed', () => {
  let server: TestServer
  let connector: Connector
  let failures = 0
  const tokens: Tokens = { forPerson: async () => '', forService: async () => '', forget: () => {} }
  const hexInBase64 = (key: string, text: string) =>
    Buffer.from(createHmac('sha256', key).update(text).digest('hex')).toString('base64')

  beforeAll(async () => {
    server = await startServer((request, response) => {
      const { headers } = request
      const at = String(headers['x-api-timestamp'])
      const plain = Buffer.alloc(24, 7)
      const mask = '0054f397c6234378b09ca7d3e5debce7'
      const key = Buffer.from(plain.map((byte, index) => byte ^ mask.charCodeAt(index))).toString('base64')
      const path = request.path.replaceAll('/', '%2F')
      const expected = hexInBase64(key, `POST\n${path}\n\nx-api-nonce:${at}\nx-api-timestamp:${at}\n`)
      const app = hexInBase64(
        'top-secret',
        `${headers['x-kd-appkey']}${Buffer.from(String(headers['x-kd-appdata']), 'base64')}`,
      )
      const fresh = Math.abs(Date.now() / 1000 - Number(at)) < 60
      if (!fresh || headers['x-api-signature'] !== expected || headers['x-kd-signature'] !== app)
        return json(response, { error: 'bad signature' }, 401)
      if (failures > 0) {
        failures -= 1
        return json(response, {}, 503)
      }
      json(response, { id: 1, result: 'ok' })
    })
    connector = connect(kingdee)
  })
  afterAll(async () => {
    await connector.close()
    await server.stop()
  })

  function connect(authentication: object): Connector {
    const { systems } = parseSystems({
      company: { zone: 'UTC', currency: 'CNY' },
      systems: {
        s: {
          name: { zh: 'S', en: 'S' },
          url: 'http://s',
          protocol: 'json-rpc',
          endpoint: `${server.url}/k3cloud/Some.Service.common.kdsvc`,
          authentication,
          probe: { operation: 'p', input: {} },
        },
      },
    })
    const events = { onBreaker: () => {}, onCall: () => {}, onDescribed: () => {} }
    return new Connector('s', systems.s as NonNullable<typeof systems.s>, tokens, events)
  }
  const ask = (one: Connector, safe = true) =>
    one.invoke(
      'm',
      { params: [] },
      { credential: { kind: 'person', personId: 'e1', accessToken: 't' }, deadline: Date.now() + 3000, safe },
    )

  test('answers what is signed, the probe too', async () => {
    expect(await ask(connector)).toBe('ok')
    await connector.probe()
  })

  test('a call that is repeated is signed anew', async () => {
    const once = { name: 'once', random: 16, encoding: ['hex'] }
    const { steps, headers } = kingdee
    const other = connect({ ...kingdee, steps: [...steps, once], headers: { ...headers, 'x-once': '{once}' } })
    failures = 1
    const before = server.requests.length
    expect(await ask(other)).toBe('ok')
    const sent = server.requests.slice(before).map(one => String(one.headers['x-once']))
    expect(sent).toHaveLength(2)
    expect(sent[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(sent[1]).not.toBe(sent[0])
    await other.close()
  })

  test('refuses what another secret signed, and no secret is in the error', async () => {
    const other = connect({ ...kingdee, values: { ...kingdee.values, appSecret: 'other-secret' } })
    const error = (await ask(other).catch((one: unknown) => one)) as Error
    expect(error).toMatchObject({ code: 'UPSTREAM_UNAUTHENTICATED', outcome: 'refused' })
    expect(error.message).not.toContain('secret')
    await other.close()
  })

  test('what a person changes is signed in their name, what is read in the gateway’s; a name that is none signs nothing', async () => {
    const account = { own: 'robot', pattern: '^[^,]+$' }
    const { values, steps, headers } = kingdee
    const { account: _, ...others } = values
    const named = [...steps].map(step => JSON.parse(JSON.stringify(step).replace('{account}', 'acct,{account},2052,0')))
    const other = connect({ kind: 'signed', account, values: others, steps: named, headers })
    const as = (name: string | null, safe: boolean) => {
      const credential = { kind: 'person' as const, personId: 'e1', accessToken: 't', account: () => name }
      return other
        .invoke('m', { params: [] }, { credential, deadline: Date.now() + 3000, safe })
        .catch((one: unknown) => one)
    }
    const signedAs = () => Buffer.from(String(server.requests.at(-1)?.headers['x-kd-appdata']), 'base64').toString()
    expect(await as('李娜', false)).toBe('ok')
    expect(signedAs()).toBe('acct,李娜,2052,0')
    expect(await as('李娜', true)).toBe('ok')
    expect(signedAs()).toBe('acct,robot,2052,0')
    const before = server.requests.length
    for (const name of [null, '', 'x,2052,1'])
      expect(await as(name, false)).toMatchObject({ code: 'UPSTREAM_REFUSED', outcome: 'not_sent' })
    expect(server.requests).toHaveLength(before)
    await other.close()
  })

  test('a signature of the gateway’s own account writes for nobody', async () => {
    const before = server.requests.length
    expect(await ask(connector, false).catch((one: unknown) => one)).toMatchObject({
      code: 'UPSTREAM_REFUSED',
      outcome: 'not_sent',
    })
    expect(server.requests).toHaveLength(before)
  })
})
