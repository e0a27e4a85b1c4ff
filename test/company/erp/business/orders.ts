import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { badRequest, notFound } from '../odata/errors.ts'
import { decimalText } from '../odata/values.ts'
import type { Emit } from './events.ts'
import { nextNumber } from './numbers.ts'

export type OrderItem = { product: string; quantity: number; netAmount: number }

/** Enters a sales order with its items; the amount is their sum, the sales person the customer's. @returns its number */
export function createOrder(
  db: DatabaseSync,
  order: { businessPartner: string; orderDate: string; requestedDeliveryDate: string | null; items: OrderItem[] },
  emit: Emit,
): string {
  const partner = db.prepare('SELECT * FROM partner WHERE business_partner = ?').get(order.businessPartner)
  if (!partner) throw badRequest(`There is no business partner ${order.businessPartner}.`, 'BusinessPartner')
  if (order.items.length === 0) throw badRequest('An order needs at least one item.', 'Items')
  const number = nextNumber(db, 'sales_order', `SO-${order.orderDate.slice(0, 4)}-`, 4)
  const total = order.items.reduce((sum, item) => sum + item.netAmount, 0)
  db.prepare(
    `INSERT INTO sales_order (sales_order, business_partner, partner_name, order_date, requested_delivery_date, net_amount,
       currency, status, delivery_status, progress_percent, sales_person)
     SELECT ?, business_partner, name, ?, ?, ?, currency, 'A', 'NOT_STARTED', 0, sales_person FROM partner WHERE business_partner = ?`,
  ).run(number, order.orderDate, order.requestedDeliveryDate, total, order.businessPartner)
  const insert = db.prepare('INSERT INTO sales_order_item VALUES (?, ?, ?, ?, ?)')
  order.items.forEach((item, index) => {
    if (item.quantity <= 0 || item.netAmount < 0)
      throw badRequest('An item needs a Quantity above 0 and a NetAmount of 0 or more.', 'Items')
    if (!db.prepare('SELECT 1 FROM product WHERE product = ?').get(item.product))
      throw badRequest(`There is no product ${item.product}.`, 'Items')
    insert.run(number, (index + 1) * 10, item.product, item.quantity, item.netAmount)
  })
  tellOrder(db, number, emit)
  return number
}

/** Changes status and requested date of an order. @throws ODataError 400, 404 */
export function updateOrder(
  db: DatabaseSync,
  order: string,
  values: { Status?: SQLInputValue; RequestedDeliveryDate?: SQLInputValue },
  emit: Emit,
): void {
  const row = db.prepare('SELECT * FROM sales_order WHERE sales_order = ?').get(order)
  if (!row) throw notFound(`There is no sales order ${order}.`)
  const status = values.Status ?? row.status!
  if (!['A', 'B', 'C', 'D', 'H'].includes(String(status)))
    throw badRequest('Status is A (open), B (in production), C (shipped), D (invoiced) or H (on hold).', 'Status')
  const wanted =
    values.RequestedDeliveryDate === undefined ? row.requested_delivery_date! : values.RequestedDeliveryDate
  db.prepare('UPDATE sales_order SET status = ?, requested_delivery_date = ? WHERE sales_order = ?').run(
    status,
    wanted,
    order,
  )
  tellOrder(db, order, emit)
}

/** Reports what production has completed, in thousandths; the order's status and its sales order's progress follow. */
export function reportCompleted(db: DatabaseSync, order: string, completed: number, emit: Emit): void {
  const row = db.prepare('SELECT * FROM production_order WHERE production_order = ?').get(order)
  if (!row) throw notFound(`There is no production order ${order}.`)
  if (completed < 0 || completed > Number(row.quantity))
    throw badRequest(`CompletedQuantity lies between 0 and ${Number(row.quantity) / 1000}.`, 'CompletedQuantity')
  const status = completed === 0 ? 'PLANNED' : completed === row.quantity ? 'COMPLETED' : 'IN_PROGRESS'
  db.prepare('UPDATE production_order SET completed_quantity = ?, status = ? WHERE production_order = ?').run(
    completed,
    status,
    order,
  )
  if (row.sales_order)
    db.prepare(
      `UPDATE sales_order SET progress_percent = (SELECT CAST(sum(completed_quantity) * 100 / sum(quantity) AS INTEGER)
         FROM production_order WHERE sales_order = ?) WHERE sales_order = ? AND status = 'B'`,
    ).run(row.sales_order, row.sales_order)
  emit({
    type: 'erp.production.changed',
    subject: order,
    data: { productionOrder: order, salesOrder: row.sales_order, completed: completed / 1000, status },
  })
}

function tellOrder(db: DatabaseSync, order: string, emit: Emit): void {
  const row = db.prepare('SELECT * FROM sales_order WHERE sales_order = ?').get(order)!
  emit({
    type: 'erp.order.changed',
    subject: order,
    data: {
      salesOrder: order,
      businessPartner: row.business_partner,
      partnerName: row.partner_name,
      netAmount: decimalText(Number(row.net_amount), 2),
      currency: row.currency,
      status: row.status,
      salesPerson: row.sales_person,
    },
  })
}
