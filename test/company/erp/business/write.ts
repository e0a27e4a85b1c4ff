import type { DatabaseSync } from 'node:sqlite'
import { type Caller, checkCreate, checkProvision, checkUpdate } from '../access/rights.ts'
import { entitySet } from '../model/entities.ts'
import { type EntitySet, findProperty, type SqlValue } from '../model/types.ts'
import { badRequest, ODataError } from '../odata/errors.ts'
import type { KeyValues } from '../odata/resource-path.ts'
import { jsonObject, readBody } from './body.ts'
import type { Emit } from './events.ts'
import { announceOverdue, receivePayment, setDueDate, writeInvoice } from './invoices.ts'
import { createOrder, reportCompleted, updateOrder } from './orders.ts'
import { postMovement, setMinimum, stockLevel } from './stock.ts'
import { saveUser } from './users.ts'

export type WriteContext = { db: DatabaseSync; caller: Caller; today: string; emit: Emit }
/** What was written, and whether it is new. */
export type Written = { key: KeyValues; created: boolean }

const notAllowed = (set: EntitySet, method: string) =>
  new ODataError(405, 'MethodNotAllowed', `${set.name} does not take ${method}.`)

/** `POST` to an entity set. @throws ODataError 400, 403, 405 */
export function create(set: EntitySet, body: unknown, { db, caller, today, emit }: WriteContext): Written {
  if (set.name === 'Users') {
    checkProvision(caller)
    const values = readBody(body, set, ['UserId', 'ExternalId', 'Name'])
    if (db.prepare('SELECT 1 FROM user WHERE user_id = ?').get(values.UserId!))
      throw new ODataError(409, 'Conflict', `User ${values.UserId} exists already; change it with PATCH or PUT.`)
    saveUser(db, String(values.UserId), values)
    return { key: keyOf(set, [values.UserId!]), created: true }
  }
  const make = creators[set.name]
  if (!make) throw notAllowed(set, 'POST')
  checkCreate(caller, set.name)
  return { key: keyOf(set, [make(body, set, { db, caller, today, emit })]), created: true }
}

const creators: Record<string, (body: unknown, set: EntitySet, context: WriteContext) => SqlValue> = {
  StockMovements: (body, set, { db, today, emit }) => {
    const values = readBody(body, set, ['Product', 'Warehouse', 'Quantity'])
    const key = { product: String(values.Product), warehouse: String(values.Warehouse) }
    if (values.Quantity === 0) throw badRequest('Quantity must not be 0.', 'Quantity')
    const reason = String(values.Reason ?? (Number(values.Quantity) > 0 ? 'PURCHASE' : 'SALE'))
    const reasons = ['PURCHASE', 'PRODUCTION', 'SALE', 'CONSUMPTION', 'COUNT']
    if (!reasons.includes(reason)) throw badRequest(`Reason is one of ${reasons.join(', ')}.`, 'Reason')
    return postMovement(
      db,
      key,
      {
        quantity: Number(values.Quantity),
        postingDate: notLater(values.PostingDate ?? today, today, 'PostingDate'),
        reason,
      },
      emit,
    )
  },
  Payments: (body, set, { db, today, emit }) => {
    const values = readBody(body, set, ['Invoice', 'Amount'])
    return receivePayment(
      db,
      {
        invoice: String(values.Invoice),
        amount: Number(values.Amount),
        postingDate: notLater(values.PostingDate ?? today, today, 'PostingDate'),
      },
      emit,
    )
  },
  Invoices: (body, set, { db, today, emit }) => {
    const values = readBody(body, set, ['SalesOrder', 'GrossAmount', 'DueDate'])
    const invoiceDate = notLater(values.InvoiceDate ?? today, today, 'InvoiceDate')
    return writeInvoice(
      db,
      {
        salesOrder: String(values.SalesOrder),
        grossAmount: Number(values.GrossAmount),
        dueDate: String(values.DueDate),
        invoiceDate,
      },
      emit,
    )
  },
  SalesOrders: (body, set, { db, today, emit }) => {
    const { Items: items, ...rest } = jsonObject(body)
    const values = readBody(rest, set, ['BusinessPartner'])
    if (!Array.isArray(items) || items.length > 200) throw badRequest('Items takes a list of 1 to 200 items.', 'Items')
    return createOrder(
      db,
      {
        businessPartner: String(values.BusinessPartner),
        orderDate: notLater(values.OrderDate ?? today, today, 'OrderDate'),
        requestedDeliveryDate: values.RequestedDeliveryDate == null ? null : String(values.RequestedDeliveryDate),
        items: items.map(item => {
          const line = readBody(item, entitySet('SalesOrderItems'), ['Product', 'Quantity', 'NetAmount'])
          return { product: String(line.Product), quantity: Number(line.Quantity), netAmount: Number(line.NetAmount) }
        }),
      },
      emit,
    )
  },
}

/** `PATCH` or `PUT` of an entity. @throws ODataError 400, 403, 404, 405 */
export function update(
  set: EntitySet,
  key: KeyValues,
  body: unknown,
  method: 'PATCH' | 'PUT',
  context: WriteContext,
): Written {
  const { db, caller } = context
  const values = readBody(body, set)
  for (const part of key) {
    const given = values[part.property.name]
    if (given !== undefined && given !== part.value)
      throw badRequest(`${part.property.name} is the key and cannot be changed.`, part.property.name)
    delete values[part.property.name]
  }
  if (set.name === 'Users') {
    checkProvision(caller)
    return { key, created: saveUser(db, String(key[0]!.value), values) }
  }
  const change = updaters[set.name]
  if (!change || method === 'PUT') throw notAllowed(set, method)
  if (Object.keys(values).length === 0) throw badRequest('The body changes nothing.')
  checkUpdate(caller, set.name, Object.keys(values))
  change(
    key.map(part => String(part.value)),
    values,
    context,
  )
  return { key, created: false }
}

const updaters: Record<string, (key: string[], values: Record<string, SqlValue>, context: WriteContext) => void> = {
  StockLevels: ([product, warehouse], values, { db, today, emit }) => {
    const key = { product: product!, warehouse: warehouse! }
    const { quantity } = stockLevel(db, key)
    if (values.MinimumQuantity !== undefined) setMinimum(db, key, Number(values.MinimumQuantity), emit)
    if (values.Quantity === undefined) return
    if (Number(values.Quantity) < 0) throw badRequest('Quantity cannot be negative.', 'Quantity')
    // A counted quantity is booked as a movement, so that the level stays the sum of its movements.
    const difference = Number(values.Quantity) - quantity
    if (difference !== 0) postMovement(db, key, { quantity: difference, postingDate: today, reason: 'COUNT' }, emit)
  },
  Invoices: ([invoice], values, { db, today, emit }) => {
    setDueDate(db, invoice!, String(values.DueDate), emit)
    announceOverdue(db, today, emit)
  },
  SalesOrders: ([order], values, { db, emit }) => updateOrder(db, order!, values, emit),
  ProductionOrders: ([order], values, { db, emit }) =>
    reportCompleted(db, order!, Number(values.CompletedQuantity), emit),
}

function keyOf(set: EntitySet, values: SqlValue[]): KeyValues {
  return set.key.map((name, index) => ({ property: findProperty(set, name)!, value: values[index]! }))
}

function notLater(day: SqlValue, today: string, name: string): string {
  if (String(day) > today) throw badRequest(`${name} lies in the future; today is ${today}.`, name)
  return String(day)
}
