import { UpstreamError } from '../types.ts'
import type { HttpAnswer } from './protocol.ts'
import { badAnswer } from './refusal.ts'

// $batch of OData v2: multipart/mixed with one HTTP message a part ([MS-ODATA] 2.2.7.6).

const boundary = 'atrium-batch'

export const multipartType = `multipart/mixed; boundary=${boundary}`

/** Reads as the parts of a batch. Each carries its number, by which a system that repeats it can be checked. */
export function writeParts(paths: readonly string[], accept: string): string {
  const parts = paths.map(
    (path, index) =>
      `--${boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: ${index + 1}\r\n\r\nGET ${path} HTTP/1.1\r\nAccept: ${accept}\r\n\r\n\r\n`,
  )
  return `${parts.join('')}--${boundary}--\r\n`
}

/** The HTTP answers of a batch, in the order of its reads. @throws UpstreamError when it is no whole batch */
export function readParts(system: string, answer: HttpAnswer): HttpAnswer[] {
  const mark = /boundary="?([^";,\s]{1,200})"?/i.exec(answer.contentType)?.[1]
  if (!/^multipart\/mixed\b/i.test(answer.contentType) || mark === undefined)
    throw badAnswer(system, `answered ${answer.contentType || 'no content type'} for a batch`, answer)
  const [before = '', ...parts] = `\r\n${answer.body}`.split(`\r\n--${mark}`)
  const last = parts.pop()
  if (before.trim() !== '' || !last?.startsWith('--')) throw badAnswer(system, 'answered half a batch', answer)
  const ordered: HttpAnswer[] = []
  for (const [index, part] of parts.entries()) {
    const { headers, rest } = split(part.replace(/^[ \t]*\r\n/, ''))
    const { head, ...message } = messageOf(system, rest)
    const id = contentId(headers) ?? contentId(head) ?? index + 1
    if (id - 1 in ordered) throw badAnswer(system, 'answered a read of a batch twice', answer)
    ordered[id - 1] = message
  }
  if (Object.keys(ordered).length !== ordered.length)
    throw new UpstreamError('UPSTREAM_BAD_ANSWER', system, 'left out an answer of a batch', { retryable: false })
  return ordered
}

function messageOf(system: string, text: string): HttpAnswer & { head: string } {
  const status = /^HTTP\/\d\.\d (\d{3})[^\r\n]*/.exec(text)?.[1]
  if (status === undefined) throw badAnswer(system, 'answered a part of a batch that is no HTTP message')
  const { headers, rest } = split(text)
  const contentType = /^content-type:\s*(.*)$/im.exec(headers)?.[1]?.trim() ?? ''
  return { status: Number(status), contentType, body: rest.trim(), head: headers }
}

function contentId(headers: string): number | undefined {
  const id = Number(/^content-id:\s*(\d{1,5})\s*$/im.exec(headers)?.[1] ?? Number.NaN)
  return id >= 1 ? id : undefined
}

function split(text: string): { headers: string; rest: string } {
  const at = text.indexOf('\r\n\r\n')
  return at < 0 ? { headers: text, rest: '' } : { headers: text.slice(0, at), rest: text.slice(at + 4) }
}
