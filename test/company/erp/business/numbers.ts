import type { DatabaseSync } from 'node:sqlite'

const columns = {
  invoice: 'invoice',
  payment: 'payment',
  stock_movement: 'movement',
  sales_order: 'sales_order',
} as const

/** The next document number of a series, e.g. `INV-2026-0815`. Inside the write transaction, so no number is given twice. */
export function nextNumber(db: DatabaseSync, table: keyof typeof columns, prefix: string, digits: number): string {
  const column = columns[table]
  const text = `SELECT coalesce(max(CAST(substr(${column}, ?) AS INTEGER)), 0) + 1 AS next FROM ${table} WHERE substr(${column}, 1, ?) = ?`
  const row = db.prepare(text).get(prefix.length + 1, prefix.length, prefix)
  return `${prefix}${String(row?.next).padStart(digits, '0')}`
}
