import type { SqlValue } from '../model/types.ts'
import { badRequest } from './errors.ts'

/** Where the next page begins: the ordering values of the last row sent, and what is left of $top. */
export type SkipToken = { after: SqlValue[]; top: number | undefined }

export const writeSkipToken = (token: SkipToken): string =>
  Buffer.from(JSON.stringify([token.after, token.top ?? null])).toString('base64url')

/** @throws ODataError 400 for anything this service did not write for the same order */
export function readSkipToken(text: string, orderings: number): SkipToken {
  const fault = badRequest('$skiptoken is not from a @odata.nextLink of this query.')
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    throw fault
  }
  if (!Array.isArray(parsed) || parsed.length !== 2) throw fault
  const [after, top]: unknown[] = parsed
  if (!Array.isArray(after) || after.length !== orderings || !after.every(isSqlValue)) throw fault
  if (top !== null && !(Number.isSafeInteger(top) && Number(top) >= 0)) throw fault
  return { after, top: top === null ? undefined : Number(top) }
}

const isSqlValue = (value: unknown): value is SqlValue =>
  value === null || typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value))
