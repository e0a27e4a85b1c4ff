import { ScimError } from './scim-error.ts'

const mostPerPage = 200

export type ListQuery = {
  startIndex: number
  count: number
  filter: { attribute: 'userName' | 'externalId'; value: string } | undefined
}

/**
 * Reads the query of a list request (RFC 7644 §3.4.2). Filters are `userName eq "…"`, `id eq "…"` (the same here) and
 * `externalId eq "…"`.
 * @throws ScimError 400 that says what is understood
 */
export function readListQuery(query: Record<string, string | string[] | undefined>): ListQuery {
  return {
    // Values below 1 are taken as 1, as the specification says.
    startIndex: Math.max(1, number(query.startIndex, 'startIndex', 1)),
    count: Math.min(mostPerPage, Math.max(0, number(query.count, 'count', 100))),
    filter: readFilter(single(query.filter, 'filter')),
  }
}

function readFilter(text: string | undefined): ListQuery['filter'] {
  if (text === undefined || text.trim() === '') return undefined
  const match = /^\s*([\w.:]+)\s+eq\s+("(?:[^"\\]|\\.)*")\s*$/i.exec(text)
  const name = match?.[1]?.toLowerCase()
  if (!match || (name !== 'username' && name !== 'externalid' && name !== 'id')) {
    throw new ScimError(400, 'Filters understood here are userName eq "…", id eq "…" and externalId eq "…"', {
      scimType: 'invalidFilter',
    })
  }
  try {
    return { attribute: name === 'externalid' ? 'externalId' : 'userName', value: String(JSON.parse(match[2] ?? '""')) }
  } catch {
    throw new ScimError(400, 'The value of the filter is no JSON string', { scimType: 'invalidFilter' })
  }
}

function number(value: string | string[] | undefined, name: string, fallback: number): number {
  const text = single(value, name)
  if (text === undefined || text === '') return fallback
  if (!/^-?\d{1,9}$/.test(text)) throw new ScimError(400, `"${name}" is a whole number`, { scimType: 'invalidValue' })
  return Number(text)
}

function single(value: string | string[] | undefined, name: string): string | undefined {
  if (Array.isArray(value)) throw new ScimError(400, `"${name}" is given once`, { scimType: 'invalidValue' })
  return value
}
