import type { EntityDefinition } from '../configuration.ts'
import { firstPage, linkOf, takePage } from './paging.ts'
import { follow, type OperationCall, type Question, type Row, type Rows } from './protocol.ts'

/** The inputs of the first page that a question needs; none has more rows than the mapping's `max`. */
export function firstRestPage(
  entity: EntityDefinition,
  question: Question,
): Required<Pick<OperationCall, 'input' | 'reading'>> {
  const { page, max } = entity
  if (page.style !== 'offset') return firstPage(entity, question)
  const { offset, limit } = question
  const size = Math.min(limit, max)
  return { input: { [page.offset]: offset, [page.limit]: size }, reading: { wanted: limit, skip: 0, size } }
}

/**
 * The rows of an answer that were wanted, and the call that reads on. A system that does not say how many rows it has shows
 * it at its last page.
 * @throws UpstreamError
 */
export function takeRestPage(
  system: string,
  entity: EntityDefinition,
  found: Row[],
  total: number | null,
  answer: unknown,
  call: OperationCall | undefined,
): Rows {
  const { page } = entity
  if (!call?.reading || page.style !== 'offset') {
    const header = follow(answer, 'headers.link')
    const link = typeof header === 'string' ? linkOf(header) : undefined
    return takePage(system, entity, found, total, answer, call, link)
  }
  const { wanted, size } = call.reading
  const offset = Number(call.input[page.offset])
  const more = found.length >= size
  const beyond = found.length === 0 && offset > 0
  const next = {
    operation: call.operation,
    input: { ...call.input, [page.offset]: offset + found.length },
    reading: { wanted: wanted - found.length, skip: 0, size },
  }
  return {
    rows: found,
    total: total ?? (more || beyond ? null : offset + found.length),
    more,
    ...(more && found.length < wanted && { next }),
  }
}
