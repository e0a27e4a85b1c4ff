import { addDays, daysBetween } from './calendar.ts'
import type { Colleague } from './people.ts'
import { createRandom } from './random.ts'
import type { Day, Order, OrderItem, Product, ProductionOrder, PurchaseOrder } from './types.ts'

/** What is being made: the items of orders in production, some finished ones, and work for stock. */
export function createProduction(
  orders: Order[],
  items: OrderItem[],
  products: Product[],
  today: Day,
): ProductionOrder[] {
  const random = createRandom(9001)
  const itemsOf = Map.groupBy(items, item => item.salesOrder)
  const production: Omit<ProductionOrder, 'productionOrder'>[] = []
  for (const order of orders) {
    const inWork = order.status === 'B' || (order.status === 'A' && random.chance(0.5))
    const finished = (order.status === 'C' || order.status === 'D') && random.chance(0.22)
    if (!inWork && !finished) continue
    for (const item of itemsOf.get(order.salesOrder)!) {
      const age = daysBetween(order.orderDate, today)
      const start =
        order.status === 'A'
          ? addDays(today, random.int(1, 15))
          : addDays(order.orderDate, Math.min(random.int(1, 6), age))
      const finish = addDays(start, random.int(8, 24))
      const completed = finished ? item.quantity : Math.floor((item.quantity * order.progressPercent) / 100)
      production.push({
        product: item.product,
        salesOrder: order.salesOrder,
        quantity: item.quantity,
        completedQuantity: completed,
        status: finished ? 'COMPLETED' : order.status === 'A' ? 'PLANNED' : 'IN_PROGRESS',
        plannedStart: start,
        plannedFinish: finish,
      })
    }
  }
  const parts = products.filter(product => /^HX-[ZG]/.test(product.product))
  for (let index = 0; index < 24; index++) {
    const quantity = random.int(4, 30) * 5
    const start = addDays(today, -random.int(2, 14))
    production.push({
      product: random.pick(parts).product,
      salesOrder: null,
      quantity,
      completedQuantity: Math.floor(quantity * random.next()),
      status: 'IN_PROGRESS',
      plannedStart: start,
      plannedFinish: addDays(start, random.int(12, 28)),
    })
  }
  return production
    .sort((a, b) => a.plannedStart.localeCompare(b.plannedStart))
    .map((order, index) => ({ productionOrder: `PR-${String(index + 1).padStart(6, '0')}`, ...order }))
}

const suppliers = [
  '洛阳轴承集团',
  '无锡锻造有限公司',
  '皖南电机股份',
  '青岛开世密封',
  '瓦房店轴承',
  '山东通裕锻件',
  '上海电气电机',
] as const

export function createPurchases(products: Product[], people: Colleague[], today: Day, count: number): PurchaseOrder[] {
  const random = createRandom(9002)
  const bought = products.filter(product => product.source === 'BUY')
  const buyers = people.filter(person => person.roleIds.includes('purchaser')).map(person => person.native.erp!)
  const days = Array.from({ length: count }, () => addDays(today, -random.int(0, 530))).sort()
  const serial = new Map<string, number>()
  return days.map((orderDate): PurchaseOrder => {
    const year = orderDate.slice(0, 4)
    const number = (serial.get(year) ?? 0) + 1
    serial.set(year, number)
    const product = random.pick(bought)
    const quantity = Math.max(10, Math.round(60_000_00 / product.unitCost / 10) * 10)
    const expectedDate = addDays(orderDate, random.int(10, 35))
    const received = expectedDate < today && random.chance(0.97)
    return {
      purchaseOrder: `PO-${year}-${String(number).padStart(4, '0')}`,
      supplier: random.pick(suppliers),
      product: product.product,
      quantity,
      netAmount: quantity * product.unitCost,
      currency: 'CNY',
      orderDate,
      expectedDate,
      status: received ? 'RECEIVED' : random.chance(0.04) ? 'CANCELLED' : 'OPEN',
      buyer: random.pick(buyers),
    }
  })
}
