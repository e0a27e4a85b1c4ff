import { z } from 'zod'

/**
 * CloudEvents 1.0.2 over HTTP: structured, batched and binary JSON.
 * Read by a check of our own: the package `cloudevents` takes an event without `source`, any text as `time`, extension
 * names the specification forbids, and leaves percent-encoded headers as they are (HTTP binding §3.1.3.2).
 */

const attribute = z.string().min(1).max(500)
const envelope = z
  .object({
    specversion: z.literal('1.0'),
    id: attribute,
    source: attribute.refine(isUriReference, 'is no URI reference'),
    type: attribute,
    subject: attribute.optional(),
    time: z.iso.datetime({ offset: true }).optional(),
    dataschema: attribute.refine(isUriReference, 'is no URI').optional(),
    datacontenttype: attribute.refine(isJson, 'must be JSON').optional(),
    data: z.unknown(),
    data_base64: z.base64().optional(),
  })
  .catchall(z.union([z.string().max(2000), z.number(), z.boolean(), z.null()]))
  .superRefine((event, context) => {
    for (const name of Object.keys(event)) {
      if (!/^[a-z0-9]{1,60}$/.test(name) && name !== 'data_base64')
        context.addIssue({
          code: 'custom',
          path: [name],
          message: 'is no attribute name: lower-case letters and digits only',
        })
    }
    if (event.data !== undefined && event.data_base64 !== undefined)
      context.addIssue({ code: 'custom', path: ['data_base64'], message: 'stands beside data; only one may be there' })
  })

export type CloudEvent = {
  specversion: '1.0'
  id: string
  source: string
  type: string
  subject?: string | undefined
  time?: string | undefined
  data?: unknown
  [extension: string]: unknown
}

/** What a request carried, or why it is no CloudEvent. `fault` says where and what would be right. */
export type ParsedRequest = { events: CloudEvent[] } | { status: 400 | 413 | 415; fault: { zh: string; en: string } }

/** Most events a batch may hold. */
export const batchLimit = 500

/** Reads the events of a request. A batch with one malformed event is refused whole, so that nothing of it is half-done. */
export function parseCloudEvents(headers: Record<string, string | string[] | undefined>, body: string): ParsedRequest {
  const contentType = one(headers['content-type'])?.toLowerCase().split(';')[0]?.trim() ?? ''
  if (contentType === 'application/cloudevents-batch+json') {
    const list = json(body)
    if (!Array.isArray(list)) return bad('批次必须是 JSON 数组', 'A batch is a JSON array of events')
    if (list.length > batchLimit)
      return {
        status: 413,
        fault: { zh: `一批最多 ${batchLimit} 个事件`, en: `A batch holds at most ${batchLimit} events` },
      }
    return all(list)
  }
  if (contentType === 'application/cloudevents+json') {
    const event = json(body)
    if (event === undefined) return bad('内容不是 JSON', 'The body is not JSON')
    return all([event])
  }
  if (headers['ce-specversion'] !== undefined || headers['ce-id'] !== undefined) {
    if (contentType !== '' && !isJson(contentType)) {
      return {
        status: 415,
        fault: { zh: '事件的数据必须是 JSON', en: 'The data of an event must be JSON (content-type application/json)' },
      }
    }
    return binary(headers, body)
  }
  return {
    status: 415,
    fault: {
      zh: '需要 CloudEvents 1.0：application/cloudevents+json、application/cloudevents-batch+json，或带 ce- 标头的 JSON',
      en: 'Send CloudEvents 1.0: application/cloudevents+json, application/cloudevents-batch+json, or JSON with ce- headers',
    },
  }
}

function binary(headers: Record<string, string | string[] | undefined>, body: string): ParsedRequest {
  const event: Record<string, unknown> = {}
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith('ce-')) continue
    const decoded = decode(one(value) ?? '')
    if (decoded === undefined)
      return bad(`标头 ${header} 的百分号编码不正确`, `The header ${header} is not correctly percent-encoded`)
    event[header.slice(3)] = decoded
  }
  if ('data' in event || 'data_base64' in event)
    return bad('ce-data 不是标头', 'data belongs into the body, not into a header')
  if (body !== '') {
    event.data = json(body)
    if (event.data === undefined) return bad('数据不是 JSON', 'The data is not JSON')
  }
  return all([event])
}

function all(candidates: unknown[]): ParsedRequest {
  const events: CloudEvent[] = []
  for (const [index, candidate] of candidates.entries()) {
    const result = envelope.safeParse(candidate)
    const place = candidates.length > 1 ? `[${index}].` : ''
    if (!result.success) {
      const [issue] = result.error.issues
      const path = `${place}${issue?.path.join('.') ?? ''}` || 'event'
      return bad(`事件的 ${path} 不正确：${issue?.message}`, `${path}: ${issue?.message}`)
    }
    const { data_base64, datacontenttype: _type, ...event } = result.data
    if (data_base64 !== undefined) {
      event.data = json(Buffer.from(data_base64, 'base64').toString('utf8'))
      if (event.data === undefined)
        return bad(`${place}data_base64 里不是 JSON`, `${place}data_base64 does not hold JSON`)
    }
    // PostgreSQL stores neither NUL nor half a surrogate pair.
    if (/\\u0000|\\ud[89a-f][0-9a-f]{2}/i.test(JSON.stringify(event).replaceAll('\\\\', ''))) {
      return bad(
        `${place}事件里有不能保存的字符`,
        `${place.replace('.', '') || 'The event'} holds NUL or half a surrogate pair`,
      )
    }
    events.push(event)
  }
  return { events }
}

function bad(zh: string, en: string): ParsedRequest {
  return { status: 400, fault: { zh, en } }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function decode(value: string): string | undefined {
  try {
    // Node hands header bytes on as Latin-1; a sender that skips percent-encoding sends UTF-8.
    const text = /[\u0080-\u00ff]/.test(value) ? Buffer.from(value, 'latin1').toString('utf8') : value
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

function isJson(contentType: string): boolean {
  return /^application\/([\w.+-]+\+)?json\b/i.test(contentType)
}

function isUriReference(text: string): boolean {
  return !/[\s<>"{}|\\^`]/.test(text) && URL.canParse(text, 'http://base.invalid')
}
