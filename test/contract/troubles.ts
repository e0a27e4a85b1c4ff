import type { Adapter } from './adapters.ts'
import { things } from './source.ts'
import type { Passing, Trouble } from './wire.ts'

/** What becomes of a description document on its way. */
export const badDocuments: [string, Trouble][] = [
  ['a page', become(() => page, 'text/html')],
  ['nothing', become(() => '')],
  ['text', become(() => 'Service temporarily unavailable')],
  ['of another protocol', become(() => '<rss version="2.0"><channel/></rss>')],
  ['null', become(() => 'null')],
  ...[0.3, 0.5, 0.7, 0.9, 0.97].map((share): [string, Trouble] => [
    `${share} of itself`,
    become(text => text.slice(0, text.length * share)),
  ]),
  ['full of entities', become(text => `<!DOCTYPE x [<!ENTITY a "${'b'.repeat(500)}">]>${text}`)],
  ['longer than is taken', become(text => text + ' '.repeat(1_000_001))],
]

function become(change: (text: string) => string, contentType?: string): Trouble {
  return answer => {
    answer.body = Buffer.from(change(String(answer.body)))
    if (contentType !== undefined) answer.contentType = contentType
    return undefined
  }
}

const types = { json: 'application/json', xml: 'text/xml; charset=utf-8' }
const page = '<!doctype html><html><head><title>Sign in</title></head><body>登录</body></html>'

/** Answers that are none, in the words of the adapter's protocol. */
export function badAnswers(adapter: Adapter): [string, Trouble][] {
  const { wire = 'json' } = adapter
  const type = types[wire]
  const whole = adapter.answer(things)
  const instead = (status: number, contentType: string, body: string | Buffer): Trouble => {
    return answer => {
      Object.assign(answer, { status, contentType, body: Buffer.from(body) } satisfies Passing)
      return undefined
    }
  }
  const half: Trouble = answer => {
    answer.body = answer.body.subarray(0, answer.body.length / 2)
    return undefined
  }
  return [
    ...adapter.errors.map(({ status, body }, index): [string, Trouble] => [
      `an error in the protocol's words (${index + 1})`,
      instead(status, type, body),
    ]),
    ...[400, 401, 403, 404, 409, 429, 500, 502, 503].map((status): [string, Trouble] => [
      `${status} with a page`,
      instead(status, 'text/html', page),
    ]),
    ['a redirect', instead(302, 'text/html', page)],
    ['a page with 200', instead(200, 'text/html; charset=utf-8', page)],
    ['a page that calls itself data', instead(200, type, page)],
    ['data that call themselves a page', instead(200, 'text/html', whole)],
    ['data of no type', instead(200, '', whole)],
    ['nothing with 200', instead(200, type, '')],
    ['nothing with 204', instead(204, '', '')],
    ['half a body that claims to be whole', half],
    ['a connection that ends in the middle of a body', () => 'cut'],
    ['a connection that ends without an answer', () => 'reset'],
    ['more bytes than are taken', instead(200, type, `${whole}${' '.repeat(1_000_001)}`)],
    ...(wire === 'json' ? badJson(adapter, instead) : badXml(whole, instead)),
  ]
}

type Instead = (status: number, contentType: string, body: string | Buffer) => Trouble

function badJson(adapter: Adapter, instead: Instead): [string, Trouble][] {
  const whole = adapter.answer(things)
  const odd = ['null', '[]', '{}', '0', '"text"', 'true', '{"rows":[]}', adapter.answer([]).replace('[]', '{"0":{}}')]
  const bodies = [
    ...odd,
    adapter.answer([]).replace('[]', 'null'),
    adapter.answer([]).replace('[]', '"[]"'),
    `${whole}}`,
    `${whole}${whole}`,
    whole.replace('"id":', 'id:'),
    whole.replace(',', ',,'),
    whole.replaceAll('"', "'"),
    `)]}'\n${whole}`,
    '['.repeat(200_000),
    '<things/>',
  ]
  return bodies.map(body => [
    `JSON that begins with ${JSON.stringify(body.slice(0, 30))} (${body.length})`,
    instead(200, 'application/json', body),
  ])
}

function badXml(whole: string, instead: Instead): [string, Trouble][] {
  const bomb = `<!DOCTYPE x [<!ENTITY a "${'b'.repeat(500)}">${[...'bcdefgh'].map((name, index) => `<!ENTITY ${name} "${`&${'abcdefg'[index]};`.repeat(20)}">`).join('')}]>`
  const file = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
  const bodies = [
    `${bomb}${whole.replace('<total>0', '<total>&h;')}`,
    `${file}${whole.replace('<total>0', '<total>&a;')}`,
    whole.slice(0, -20),
    whole.replace('</total>', '</totals>'),
    whole.replace('<total>', '<total '),
    whole.replaceAll('Envelope', 'Envelop'),
    whole.replaceAll(':Body', ':Bodies'),
    whole.replaceAll('ListThingsResponse', 'DropThingsResponse'),
    `${whole}${whole}`,
    '{"total":0,"things":[]}',
    '<e:Envelope',
    '<'.repeat(100_000),
  ]
  return bodies.map(body => [
    `XML that begins with ${JSON.stringify(body.slice(0, 30))} (${body.length})`,
    instead(200, 'text/xml', body),
  ])
}
