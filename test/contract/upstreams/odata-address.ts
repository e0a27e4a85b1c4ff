import type { Wanted } from '../source.ts'

/** What the address of an OData read asks for, as far as the contract goes: one property that is one of some texts. */
export function askedOf(address: string): { asked: Wanted; from: number; count: boolean } {
  const query = new URL(address, 'http://s').searchParams
  const filter = query.get('$filter') ?? ''
  const field = /\b(id|group) (?:eq|in) /.exec(filter)?.[1] as Wanted['field']
  const values = [...filter.matchAll(/'((?:[^']|'')*)'/g)].map(([, text = '']) => text.replaceAll("''", "'"))
  const asked = { field, values, offset: Number(query.get('$skip') ?? 0), limit: Number(query.get('$top') ?? 1000) }
  const count = query.get('$count') === 'true' || query.get('$inlinecount') === 'allpages'
  return { asked, from: Number(query.get('$skiptoken') ?? 0), count }
}
