import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { allOf, type Condition } from './access/scope.ts'

export type Row = Record<string, SQLOutputValue>
export type Window = { offset: number; limit: number }

/** One window of a table's rows and how many there are in all, both under the same conditions. */
export function listRows(
  db: DatabaseSync,
  table: string,
  conditions: Condition[],
  order: string,
  { offset, limit }: Window,
): { total: number; rows: Row[] } {
  const where = allOf(conditions)
  const total = Number(db.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${where.text}`).get(...where.params)?.n)
  const rows = db
    .prepare(`SELECT * FROM ${table} WHERE ${where.text} ORDER BY ${order} LIMIT ? OFFSET ?`)
    .all(...where.params, limit, offset)
  return { total, rows }
}

/** Fen as yuan with two decimals: `-5` is `"-0.05"`. */
export function yuanText(fen: SQLOutputValue): string {
  const digits = String(Math.abs(Number(fen))).padStart(3, '0')
  return `${Number(fen) < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** A value that XML leaves out when there is none. */
export const optional = (value: SQLOutputValue | undefined): string | undefined =>
  value === null || value === undefined ? undefined : String(value)
