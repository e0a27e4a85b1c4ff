import { z } from 'zod'
import type { EntityDefinition } from '../configuration.ts'
import { follow, type OperationCall, type Question, type Row, type Rows } from './protocol.ts'
import { badAnswer } from './refusal.ts'

/** How the operations of a system that takes named inputs tell their rows page by page. */
export const pageDefinition = z
  .strictObject({
    style: z.enum(['offset', 'page', 'cursor', 'link', 'none']).default('offset'),
    limit: z.string().default('limit').describe('the input that says how many rows a page has'),
    offset: z.string().default('offset'),
    page: z.string().default('page').describe('the input that takes the number of the page'),
    first: z.number().int().default(1).describe('the number of the first page'),
    cursor: z.string().default('cursor').describe('the input that takes what the page before told'),
    next: z
      .string()
      .optional()
      .describe('path of the next cursor; link: of the next address, the header Link unless told'),
  })
  .refine(
    page => page.style !== 'cursor' || page.next !== undefined,
    'a cursor stands somewhere: say with "next" where',
  )

/** What a call remembers of the question it is a part of. */
export interface Reading {
  /** rows still wanted */
  wanted: number
  /** rows of the answer that come before those wanted */
  skip: number
  /** rows that a full page has */
  size: number
}

/** The member of an input that stands for the address of a page instead of all others. */
export const nextPage = '$next'

/** Names of the inputs that pages are asked for by. */
export function pageInputs({ page }: EntityDefinition): string[] {
  switch (page.style) {
    case 'offset':
      return [page.offset, page.limit]
    case 'page':
      return [page.page, page.limit]
    case 'cursor':
      return [page.cursor, page.limit]
    case 'link':
      return [page.limit]
    case 'none':
      return []
  }
}

/** The inputs of the first page that a question needs. */
export function firstPage(
  { page, max }: EntityDefinition,
  { offset, limit }: Question,
): { input: Record<string, unknown>; reading: Reading } {
  const size = Math.min(limit, max)
  switch (page.style) {
    case 'offset':
      return { input: { [page.offset]: offset, [page.limit]: size }, reading: { wanted: limit, skip: 0, size } }
    case 'page': {
      const input = { [page.page]: page.first + Math.floor(offset / size), [page.limit]: size }
      return { input, reading: { wanted: limit, skip: offset % size, size } }
    }
    case 'cursor':
    case 'link': {
      // Such a system is walked through from its beginning: the fewer pages, the better.
      const walked = Math.min(offset + limit, max)
      return { input: { [page.limit]: walked }, reading: { wanted: limit, skip: offset, size: walked } }
    }
    case 'none':
      return { input: {}, reading: { wanted: limit, skip: offset, size: Number.POSITIVE_INFINITY } }
  }
}

/**
 * The rows of an answer that were wanted, and the call that reads on.
 * @param total what the system said; null when it does not say
 * @param link the address that the answer's headers tell, if any
 * @throws UpstreamError
 */
export function takePage(
  system: string,
  entity: EntityDefinition,
  found: Row[],
  total: number | null,
  answer: unknown,
  call: OperationCall | undefined,
  link: string | undefined,
): Rows {
  const { page } = entity
  if (!call?.reading) return { rows: found, total }
  if (page.style === 'offset') return takeOffset(page.offset, found, total, call, call.reading)
  const { wanted, skip, size } = call.reading
  if (page.style === 'none') return { rows: found.slice(skip, skip + wanted), total: total ?? found.length }
  // More rows than were asked for are not cut off: those that were not meant may stand before those that were.
  const rows = found.slice(skip)
  const on = (input: Record<string, unknown>): OperationCall => ({
    operation: call.operation,
    input,
    reading: { wanted: wanted - rows.length, skip: Math.max(0, skip - found.length), size },
  })
  if (page.style === 'page') {
    const number = Number(call.input[page.page])
    const more = found.length >= size
    return {
      rows,
      total: total ?? (more ? null : (number - page.first) * size + found.length),
      more: more || skip + wanted < found.length,
      ...(more && rows.length < wanted && { next: on({ ...call.input, [page.page]: number + 1 }) }),
    }
  }
  const told = page.next === undefined ? link : follow(answer, page.next)
  const end = told === undefined || told === null || told === '' || told === false
  if (end) return { rows, total: total ?? null, more: skip + wanted < found.length }
  if (typeof told !== 'string' && typeof told !== 'number')
    throw badAnswer(system, `${call.operation} told a next page that is none`)
  const name = page.style === 'cursor' ? page.cursor : nextPage
  if (String(told) === String(call.input[name]))
    throw badAnswer(system, `${call.operation} told the same page once more`)
  const input = page.style === 'cursor' ? { ...call.input, [name]: told } : { [name]: told }
  return { rows, total, more: true, ...(rows.length < wanted && { next: on(input) }) }
}

// A page is full when it has as many rows as were asked for; one that has fewer is not the last while the total says so.
function takeOffset(name: string, found: Row[], total: number | null, call: OperationCall, reading: Reading): Rows {
  const { wanted, size } = reading
  const reached = Number(call.input[name]) + found.length
  const more = total === null ? found.length >= size : found.length > 0 && reached < total
  const next = {
    operation: call.operation,
    input: { ...call.input, [name]: reached },
    reading: { wanted: wanted - found.length, skip: 0, size },
  }
  return { rows: found, total, more, ...(more && found.length < wanted && { next }) }
}

const links = /<([^>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"[^"]*"|[^",;<\s]*))?)*)/g
const parameters = /;\s*([\w*-]+)\s*=\s*(?:"([^"]*)"|([^",;\s]*))/g

/** The address that RFC 8288 marks as next in a header. */
export function linkOf(header: string | string[] | undefined): string | undefined {
  for (const [, address, told = ''] of String(header ?? '').matchAll(links))
    for (const [, name, quoted, bare] of told.matchAll(parameters))
      if (name?.toLowerCase() === 'rel' && (quoted ?? bare ?? '').toLowerCase().split(/\s+/).includes('next'))
        return address
  return undefined
}
