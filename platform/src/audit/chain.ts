import { createHash } from 'node:crypto'

/** What a seal covers, exactly as PostgreSQL prints it, so that nothing depends on how a driver parses it. */
export type SealedContent = { id: string; content: string }

/** The hash before the first entry. */
export const genesis = '0'.repeat(64)

/** SHA-256 over the seal before and the entry: changing, removing or reordering an entry breaks every later seal. */
export function chainHash(previous: string, entry: SealedContent): string {
  return createHash('sha256').update(`${previous}\n${entry.id}\n${entry.content}`).digest('hex')
}

/** The SQL expression of an entry's content; jsonb prints its keys in one fixed order. */
export const contentExpression = `concat_ws(E'\\x1f', extract(epoch from e.at)::text, e.actor::text, e.action, e.target::text, e.outcome, e.detail::text, coalesce(e.ip, ''), coalesce(e.trace_id, ''))`
