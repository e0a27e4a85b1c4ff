import type { Property, Source, SqlValue } from '../model/types.ts'

/** A source over a subselect whose columns are numbered, so that no name from a request becomes SQL text. */
export function derived(
  name: string,
  select: string,
  params: SqlValue[],
  columns: Omit<Property, 'sql'>[],
  key: string[],
): Source {
  return {
    name,
    from: `(${select})`,
    params,
    key,
    navigation: [],
    properties: columns.map((column, index) => ({ ...column, sql: `t.c${index}` })),
  }
}
