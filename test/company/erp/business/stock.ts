import type { DatabaseSync } from 'node:sqlite'
import { now } from '@atrium/platform/clock'
import { badRequest, notFound } from '../odata/errors.ts'
import type { Emit } from './events.ts'
import { nextNumber } from './numbers.ts'

export type LevelKey = { product: string; warehouse: string }
type Level = LevelKey & {
  description: string
  quantity: number
  minimum_quantity: number
  planner: string
  version: number
  unit_cost: number
}

/** @throws ODataError 404 */
export function stockLevel(db: DatabaseSync, { product, warehouse }: LevelKey): Level {
  const row = db.prepare('SELECT * FROM stock_level_view WHERE product = ? AND warehouse = ?').get(product, warehouse)
  if (!row) throw notFound(`There is no stock of ${product} in ${warehouse}.`)
  // The view's columns are exactly these; node:sqlite types every row as a record of values.
  return row as unknown as Level
}

/**
 * Posts a movement and brings the level to its sum; both or neither.
 * @param quantity thousandths, negative for an issue
 * @returns the movement's number
 * @throws ODataError 400 when less than nothing would be left
 */
export function postMovement(
  db: DatabaseSync,
  key: LevelKey,
  movement: { quantity: number; postingDate: string; reason: string },
  emit: Emit,
): string {
  const level = stockLevel(db, key)
  if (level.quantity + movement.quantity < 0)
    throw badRequest(
      `${key.warehouse} holds ${level.quantity / 1000} of ${key.product}; less than nothing cannot be left.`,
      'Quantity',
    )
  const number = nextNumber(db, 'stock_movement', 'MV-', 7)
  const value = Math.round((movement.quantity * level.unit_cost) / 1000)
  db.prepare('INSERT INTO stock_movement VALUES (?, ?, ?, ?, ?, ?, ?)').run(
    number,
    key.product,
    key.warehouse,
    movement.postingDate,
    movement.quantity,
    value,
    movement.reason,
  )
  change(db, level, { quantity: level.quantity + movement.quantity }, emit)
  return number
}

/** Sets the minimum of a level, in thousandths. */
export function setMinimum(db: DatabaseSync, key: LevelKey, minimum: number, emit: Emit): void {
  if (minimum < 0) throw badRequest('MinimumQuantity cannot be negative.', 'MinimumQuantity')
  change(db, stockLevel(db, key), { minimum_quantity: minimum }, emit)
}

function change(
  db: DatabaseSync,
  before: Level,
  changed: Partial<Pick<Level, 'quantity' | 'minimum_quantity'>>,
  emit: Emit,
): void {
  const level = { ...before, ...changed, version: before.version + 1 }
  db.prepare(
    'UPDATE stock_level SET quantity = ?, minimum_quantity = ?, version = ?, updated_at = ? WHERE product = ? AND warehouse = ?',
  ).run(level.quantity, level.minimum_quantity, level.version, now().toISOString(), level.product, level.warehouse)
  const subject = `${level.product}/${level.warehouse}`
  emit({ type: 'erp.stock.changed', subject, data: eventData(level) })
  if (!isLow(before) && isLow(level)) emit({ type: 'erp.stock.low', subject, data: eventData(level) })
}

const isLow = (level: Level) => level.quantity < level.minimum_quantity

function eventData(level: Level): Record<string, unknown> {
  return {
    product: level.product,
    description: level.description,
    warehouse: level.warehouse,
    quantity: level.quantity / 1000,
    minimum: level.minimum_quantity / 1000,
    planner: level.planner,
    version: level.version,
  }
}

/** The alerts that stand open when the system is set up: per product of this planner the level that lacks most. */
export function announceLowStock(db: DatabaseSync, planner: string, most: number, emit: Emit): void {
  const rows = db
    .prepare(
      `SELECT product, warehouse FROM (
         SELECT product, warehouse, quantity * 1.0 / minimum_quantity AS share,
           row_number() OVER (PARTITION BY product ORDER BY quantity * 1.0 / minimum_quantity, warehouse) AS place
         FROM stock_level WHERE planner = ? AND quantity < minimum_quantity)
       WHERE place = 1 ORDER BY share, product LIMIT ?`,
    )
    .all(planner, most)
  for (const row of rows) {
    const level = stockLevel(db, { product: String(row.product), warehouse: String(row.warehouse) })
    emit({ type: 'erp.stock.low', subject: `${level.product}/${level.warehouse}`, data: eventData(level) })
  }
}
