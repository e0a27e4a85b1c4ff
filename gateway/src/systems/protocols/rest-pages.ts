import { follow, type OperationCall, type Question, type Row, type Rows } from './protocol.ts'
import { badAnswer } from './refusal.ts'
import type { RestOperation } from './rest-definition.ts'

/** What a call remembers of the page it asks for; no part of what the system is told by itself. */
export interface Reading {
  /** rows still wanted */
  wanted: number
  /** rows of this answer that come before those wanted */
  skip: number
  link?: string
}

type Page = RestOperation['page']

/** The inputs by which the first page is asked for. */
export function firstPage(page: Page, { offset, limit }: Question): Record<string, unknown> {
  const most = 'most' in page ? page.most : undefined
  const size = Math.min(limit, most ?? limit)
  switch (page.style) {
    case 'offset':
      return { offset, limit: size, reading: { wanted: limit, skip: 0 } satisfies Reading }
    case 'page': {
      const number = page.first + Math.floor(offset / size)
      return { page: number, offset, limit: size, reading: { wanted: limit, skip: offset % size } satisfies Reading }
    }
    case 'cursor':
    case 'link': {
      const walked = Math.min(offset + limit, most ?? offset + limit)
      return { limit: walked, reading: { wanted: limit, skip: offset } satisfies Reading }
    }
    case 'none':
      return { reading: { wanted: limit, skip: offset } satisfies Reading }
  }
}

/**
 * The rows of an answer that were wanted, and the call that reads on.
 * @param total what the system said; null when it does not say
 */
export function takePage(
  system: string,
  page: Page,
  found: Row[],
  answer: unknown,
  total: number | null,
  { operation, input }: OperationCall,
): Rows {
  const { wanted, skip } = input.reading as Reading
  const rows = skip > 0 ? found.slice(skip) : found
  const limit = Number(input.limit)
  const on = (more: Record<string, unknown>, reading: Partial<Reading> = {}): OperationCall => ({
    operation,
    input: { ...input, ...more, reading: { wanted: wanted - rows.length, skip: 0, ...reading } satisfies Reading },
  })
  switch (page.style) {
    case 'none':
      return { rows: rows.slice(0, wanted), total: total ?? found.length }
    case 'offset': {
      const full = found.length >= limit
      const offset = Number(input.offset)
      return {
        rows,
        total: total ?? totalAt(offset, found.length, full),
        more: full,
        ...(full && rows.length < wanted && { next: on({ offset: offset + found.length }) }),
      }
    }
    case 'page': {
      const full = found.length >= limit
      const number = Number(input.page)
      return {
        rows,
        total: total ?? totalAt((number - page.first) * limit, found.length, full),
        more: full,
        ...(full && rows.length < wanted && { next: on({ page: number + 1 }) }),
      }
    }
    case 'cursor':
    case 'link': {
      const told = follow(answer, page.next)
      const next = page.style === 'link' ? readLink(told) : told
      if (next === undefined || next === null || next === '' || next === false) return { rows, total, more: false }
      if (typeof next !== 'string' && typeof next !== 'number')
        throw badAnswer(system, `${operation} told a next page that is none`)
      const sent = page.style === 'link' ? (input.reading as Reading).link : input.cursor
      if (String(next) === String(sent)) throw badAnswer(system, `${operation} told the same page once more`)
      const left = { skip: Math.max(0, skip - found.length) }
      return {
        rows,
        total,
        more: true,
        next: page.style === 'link' ? on({}, { ...left, link: String(next) }) : on({ cursor: next }, left),
      }
    }
  }
}

/** The last page tells how many rows there are; a page beyond it does not. */
function totalAt(offset: number, found: number, full: boolean): number | null {
  return full || (found === 0 && offset > 0) ? null : offset + found
}

/** The address in a body, or the one that RFC 8288 marks as next in a header. */
function readLink(told: unknown): unknown {
  if (typeof told !== 'string' || !told.trimStart().startsWith('<')) return told
  for (const [, address, parameters = ''] of told.matchAll(
    /<([^>]*)>((?:\s*;\s*[^\s=;,"<]+\s*(?:=\s*(?:"[^"]*"|[^\s;,"<]+))?)*)/g,
  ))
    if (/;\s*rel\s*=\s*"?[^";]*\bnext\b/i.test(parameters)) return address
  return undefined
}
