import { addDays, addMonths, daysBetween, firstDay, momentAt, monthOf } from './calendar.ts'
import type { Colleague } from './people.ts'
import { createRandom, type Random } from './random.ts'
import { MONTHS } from './sales.ts'
import type { Day, MovementReason, Product, StockLevel, StockMovement } from './types.ts'

/** Stock in three warehouses and the movements of 18 months that led to it. */
export function createStock(products: Product[], people: Colleague[], today: Day) {
  const random = createRandom(8001)
  const planners = plannersOf(people)
  const stock: StockLevel[] = []
  const movements: Omit<StockMovement, 'movement'>[] = []
  for (const product of products) {
    const planner = random.weighted(planners)
    for (const warehouse of warehousesOf(random, product)) {
      const minimumQuantity = minimumOf(product, warehouse)
      // About one in twelve has fallen below its minimum.
      const share = random.chance(0.08) ? 0.15 + random.next() * 0.75 : 1.05 + random.next() * 1.6
      const quantity = Math.floor(minimumQuantity * share)
      const history = movementsBefore(random, product, warehouse, quantity, minimumQuantity, today)
      movements.push(...history)
      stock.push({
        product: product.product,
        warehouse,
        quantity,
        minimumQuantity,
        planner,
        updatedAt: momentAt(history.at(-1)!.postingDate, random.int(500, 1060)),
      })
    }
  }
  movements.sort((a, b) => a.postingDate.localeCompare(b.postingDate))
  return {
    stock,
    movements: movements.map(
      (movement, index): StockMovement => ({ movement: `MV-${String(index + 1).padStart(7, '0')}`, ...movement }),
    ),
  }
}

function plannersOf(people: Colleague[]): [string, number][] {
  return people
    .filter(person => person.departmentId === 'supply' && person.roleIds.includes('purchaser'))
    .map(person => [person.native.erp!, person.username === 'chen.jie' ? 4 : 2])
}

function warehousesOf(random: Random, product: Product): string[] {
  if (product.source === 'BUY') return random.chance(0.1) ? ['WH02', 'WH01'] : ['WH02']
  return random.chance(0.4) ? ['WH01', 'WH03'] : ['WH01']
}

/** Cheap parts are kept in hundreds, large reducers in single pieces. */
function minimumOf(product: Product, warehouse: string): number {
  const pieces = Math.max(4, Math.round(96_000_00 / product.unitCost))
  return Math.min(1200, warehouse === 'WH03' ? Math.max(2, Math.round(pieces / 3)) : pieces)
}

/**
 * Walks from the present quantity back in time, undoing one movement after another, so that the sum of all
 * is the present stock and no day ever saw less than nothing.
 */
function movementsBefore(
  random: Random,
  product: Product,
  warehouse: string,
  present: number,
  minimum: number,
  today: Day,
) {
  const opening = firstDay(addMonths(monthOf(today), 1 - MONTHS))
  const span = daysBetween(opening, today)
  const gaps = Array.from({ length: random.int(14, 24) }, () => random.int(1, span - 1)).sort((a, b) => a - b)
  const received: MovementReason = product.source === 'BUY' ? 'PURCHASE' : 'PRODUCTION'
  const issued: MovementReason = product.source === 'BUY' ? 'CONSUMPTION' : 'SALE'
  const history: Omit<StockMovement, 'movement'>[] = []
  const post = (postingDate: Day, quantity: number, reason: MovementReason) =>
    history.unshift({
      product: product.product,
      warehouse,
      postingDate,
      quantity,
      value: quantity * product.unitCost,
      reason,
    })
  let before = present
  for (const daysAgo of gaps) {
    const step = Math.max(1, Math.round(minimum * (0.2 + random.next() * 0.7)))
    if (random.chance(0.03)) {
      post(addDays(today, -daysAgo), before > 0 ? 1 : -1, 'COUNT')
      before += before > 0 ? -1 : 1
    } else if (before > step && (before > minimum * 2 || random.chance(0.45))) {
      post(addDays(today, -daysAgo), step, received)
      before -= step
    } else {
      post(addDays(today, -daysAgo), -step, issued)
      before += step
    }
  }
  post(opening, before, 'OPENING')
  return history
}
