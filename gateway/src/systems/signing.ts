import { createHash, createHmac, randomBytes } from 'node:crypto'
import { now } from '@atrium/platform/clock'
import { z } from 'zod'
import type { HttpCall } from './protocols/protocol.ts'

const algorithm = z.enum(['sha1', 'sha256', 'sha512', 'md5'])
const name = z.string().regex(/^[a-z][A-Za-z0-9]*$/)

/** One value of a recipe: where its bytes come from, what is done to them, and how they are written. */
const step = z
  .strictObject({
    name,
    text: z.string().optional(),
    sorted: z.array(z.string()).optional().describe('texts put into ordinal order and joined'),
    join: z.string().default(''),
    time: z.enum(['seconds', 'milliseconds', 'iso']).optional(),
    random: z.number().int().min(8).max(64).optional().describe('so many bytes, new for each call'),
    match: z
      .string()
      .optional()
      .describe('only what the first group of this expression finds; nothing if it finds nothing'),
    decode: z.enum(['utf8', 'base64', 'hex']).default('utf8'),
    xor: z.string().optional().describe('byte by byte with this text, which is repeated'),
    digest: algorithm.optional(),
    hmac: z.strictObject({ algorithm, key: z.string() }).optional(),
    encoding: z
      .array(z.enum(['hex', 'HEX', 'base64', 'base64url', 'uri']))
      .default([])
      .describe('one after the other'),
  })
  .refine(
    one => [one.text, one.sorted, one.time, one.random].filter(source => source !== undefined).length === 1,
    'takes exactly one of text, sorted, time and random',
  )
  .refine(
    one => one.encoding.length > 0 || !(one.digest || one.hmac || one.random || one.xor),
    'gives bytes and needs an encoding',
  )
  .refine(one => one.match === undefined || isExpression(one.match), 'match is no regular expression')

const ofCall = ['method', 'path', 'host', 'query', 'body']

/**
 * The recipe by which calls to a system are signed. `{name}` in a text is a value of `values`, of a step before it, or of the
 * call: {method}, {path}, {host}, {query} (parameters sorted by name, percent-encoded), {body}, {header.content-type}.
 */
export const signedAuthentication = z
  .strictObject({
    kind: z.literal('signed'),
    values: z.record(name, z.string()).default({}),
    account: z
      .strictObject({
        own: z.string().describe('the account of the gateway itself, {account} of whatever no person changes there'),
        pattern: z
          .string()
          .default('^.+$')
          .describe('what the account of a person looks like; another one signs nothing'),
      })
      .optional()
      .describe(
        '{account} is the account of the person for whom something is changed: the system takes the name on trust',
      ),
    steps: z.array(step).min(1),
    headers: z.record(z.string(), z.string()).default({}),
    query: z.record(z.string(), z.string()).default({}),
  })
  .superRefine((recipe, context) => {
    const known = new Set([...ofCall, ...Object.keys(recipe.values), ...(recipe.account ? ['account'] : [])])
    const check = (texts: (string | undefined)[], path: (string | number)[]): void => {
      for (const unknown of texts.flatMap(text => namesIn(text ?? '')).filter(one => !known.has(one)))
        if (!unknown.startsWith('header.'))
          context.addIssue({ code: 'custom', path, message: `there is no value {${unknown}} before it` })
    }
    for (const [index, one] of recipe.steps.entries()) {
      if (known.has(one.name))
        context.addIssue({ code: 'custom', path: ['steps', index], message: `{${one.name}} is there already` })
      check([one.text, one.xor, one.hmac?.key, ...(one.sorted ?? [])], ['steps', index])
      known.add(one.name)
    }
    check([...Object.values(recipe.headers), ...Object.values(recipe.query)], ['headers'])
  })

export type Recipe = z.infer<typeof signedAuthentication>
type Step = Recipe['steps'][number]

/**
 * The call with what the recipe adds to its headers and its query.
 * @param account in whose name it is signed; that of the gateway unless told
 */
export function sign(recipe: Recipe, call: HttpCall, account = recipe.account?.own): HttpCall {
  const url = new URL(call.url)
  const values = new Map<string, string>(Object.entries(recipe.values))
  const own = {
    method: call.method,
    path: url.pathname,
    host: url.host,
    query: sortedQuery(url),
    body: call.body ?? '',
  }
  for (const [key, value] of Object.entries(own)) values.set(key, value)
  for (const [header, value] of Object.entries(call.headers)) values.set(`header.${header.toLowerCase()}`, value)
  if (account !== undefined) values.set('account', account)
  for (const one of recipe.steps) values.set(one.name, take(one, values))
  const headers = Object.entries(recipe.headers).map(([header, text]) => [header.toLowerCase(), fill(text, values)])
  for (const [key, text] of Object.entries(recipe.query)) url.searchParams.set(key, fill(text, values))
  return { ...call, url: url.href, headers: { ...call.headers, ...Object.fromEntries(headers) } }
}

function take(step: Step, values: ReadonlyMap<string, string>): string {
  let bytes = source(step, values)
  if (step.xor !== undefined) {
    const mask = Buffer.from(fill(step.xor, values))
    bytes = Buffer.from(bytes.map((byte, index) => byte ^ (mask[index % mask.length] ?? 0)))
  }
  if (step.digest) bytes = createHash(step.digest).update(bytes).digest()
  if (step.hmac) bytes = createHmac(step.hmac.algorithm, fill(step.hmac.key, values)).update(bytes).digest()
  for (const encoding of step.encoding) bytes = Buffer.from(written(bytes, encoding))
  return bytes.toString('utf8')
}

function source(step: Step, values: ReadonlyMap<string, string>): Buffer {
  if (step.random !== undefined) return randomBytes(step.random)
  if (step.time !== undefined) return Buffer.from(timeIn(step.time))
  const text = step.sorted
    ? step.sorted
        .map(one => fill(one, values))
        .sort(ordinal)
        .join(step.join)
    : fill(step.text ?? '', values)
  const found = step.match === undefined ? text : (new RegExp(step.match).exec(text)?.[1] ?? '')
  return Buffer.from(found, step.decode)
}

function timeIn(unit: 'seconds' | 'milliseconds' | 'iso'): string {
  const at = now()
  if (unit === 'iso') return at.toISOString()
  return String(unit === 'seconds' ? Math.floor(at.getTime() / 1000) : at.getTime())
}

function written(bytes: Buffer, encoding: Step['encoding'][number]): string {
  if (encoding === 'uri') return encodeURIComponent(bytes.toString('utf8'))
  return encoding === 'HEX' ? bytes.toString('hex').toUpperCase() : bytes.toString(encoding)
}

/** Parameters by name, then by value, percent-encoded alike whatever way the call wrote them. */
function sortedQuery(url: URL): string {
  return [...url.searchParams]
    .map(pair => pair.map(encodeURIComponent) as [string, string])
    .sort(([a, one], [b, other]) => ordinal(a, b) || ordinal(one, other))
    .map(pair => pair.join('='))
    .join('&')
}

function ordinal(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function isExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/\{([A-Za-z][\w.-]*)\}/g)].map(([, found]) => found as string)
}

// A header that the call does not have counts as empty, as vendors say it.
function fill(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\{([A-Za-z][\w.-]*)\}/g, (_, found: string) => values.get(found) ?? '')
}
