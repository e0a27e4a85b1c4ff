import type { EntityDefinition } from '../configuration.ts'
import { linkOf, takePage } from './paging.ts'
import { follow, type OperationCall, type Row, type Rows } from './protocol.ts'

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
  const header = follow(answer, 'headers.link')
  const link = typeof header === 'string' ? linkOf(header) : undefined
  const read = takePage(system, entity, found, total, answer, call, link)
  if (!call?.reading || page.style !== 'offset') return read
  const offset = Number(call.input[page.offset])
  const beyond = found.length === 0 && offset > 0
  return { ...read, total: total ?? (read.more || beyond ? null : offset + found.length) }
}
