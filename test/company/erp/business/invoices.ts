import type { DatabaseSync } from 'node:sqlite'
import { badRequest, notFound } from '../odata/errors.ts'
import { decimalText } from '../odata/values.ts'
import type { Emit } from './events.ts'
import { nextNumber } from './numbers.ts'

type Invoice = {
  invoice: string
  business_partner: string
  partner_name: string
  sales_order: string
  due_date: string
  gross_amount: number
  open_amount: number
  currency: string
  sales_person: string
  version: number
  status: string
  due_announced_on: string | null
}

/** @throws ODataError 404 */
export function findInvoice(db: DatabaseSync, invoice: string): Invoice {
  const row = db.prepare('SELECT * FROM invoice_view WHERE invoice = ?').get(invoice)
  if (!row) throw notFound(`There is no invoice ${invoice}.`)
  // The view's columns include exactly these.
  return row as unknown as Invoice
}

/**
 * Books money received for an invoice.
 * @param amount fen, more than nothing and at most what is open
 * @returns the payment's number
 */
export function receivePayment(
  db: DatabaseSync,
  payment: { invoice: string; amount: number; postingDate: string },
  emit: Emit,
): string {
  const invoice = findInvoice(db, payment.invoice)
  if (payment.amount <= 0) throw badRequest('Amount must be more than 0.', 'Amount')
  if (payment.amount > invoice.open_amount)
    throw badRequest(
      `Amount exceeds what is open on ${invoice.invoice}: ${decimalText(invoice.open_amount, 2)}.`,
      'Amount',
    )
  const number = nextNumber(db, 'payment', 'PY-', 6)
  db.prepare('INSERT INTO payment VALUES (?, ?, ?, ?, ?)').run(
    number,
    invoice.invoice,
    invoice.business_partner,
    payment.postingDate,
    payment.amount,
  )
  db.prepare('UPDATE invoice SET open_amount = open_amount - ?, version = version + 1 WHERE invoice = ?').run(
    payment.amount,
    invoice.invoice,
  )
  const after = findInvoice(db, invoice.invoice)
  emit({
    type: 'erp.payment.received',
    subject: number,
    data: {
      payment: number,
      amount: decimalText(payment.amount, 2),
      postingDate: payment.postingDate,
      ...eventData(after),
    },
  })
  emit({ type: 'erp.invoice.changed', subject: invoice.invoice, data: eventData(after) })
  return number
}

/** Moves an invoice's due date; a new date may be announced as overdue again. */
export function setDueDate(db: DatabaseSync, invoice: string, dueDate: string, emit: Emit): void {
  findInvoice(db, invoice)
  db.prepare('UPDATE invoice SET due_date = ?, due_announced_on = NULL, version = version + 1 WHERE invoice = ?').run(
    dueDate,
    invoice,
  )
  emit({ type: 'erp.invoice.changed', subject: invoice, data: eventData(findInvoice(db, invoice)) })
}

/** Writes an invoice for an order; the customer and the sales person are the order's. @returns its number */
export function writeInvoice(
  db: DatabaseSync,
  given: { salesOrder: string; invoiceDate: string; dueDate: string; grossAmount: number },
  emit: Emit,
): string {
  const order = db.prepare('SELECT * FROM sales_order WHERE sales_order = ?').get(given.salesOrder)
  if (!order) throw badRequest(`There is no sales order ${given.salesOrder}.`, 'SalesOrder')
  if (given.grossAmount <= 0) throw badRequest('GrossAmount must be more than 0.', 'GrossAmount')
  if (given.dueDate < given.invoiceDate) throw badRequest('DueDate lies before InvoiceDate.', 'DueDate')
  const number = nextNumber(db, 'invoice', `INV-${given.invoiceDate.slice(0, 4)}-`, 4)
  db.prepare(
    `INSERT INTO invoice (invoice, business_partner, partner_name, sales_order, invoice_date, due_date, gross_amount, open_amount, currency, sales_person)
     SELECT ?, business_partner, partner_name, sales_order, ?, ?, ?, ?, currency, sales_person FROM sales_order WHERE sales_order = ?`,
  ).run(number, given.invoiceDate, given.dueDate, given.grossAmount, given.grossAmount, given.salesOrder)
  emit({ type: 'erp.invoice.changed', subject: number, data: eventData(findInvoice(db, number)) })
  return number
}

/**
 * Announces invoices that are past their due date, each once per due date.
 * @param only sales people whose invoices are announced; the others are noted as known (at the first start)
 */
export function announceOverdue(db: DatabaseSync, today: string, emit: Emit, only?: string[]): number {
  const rows = db
    .prepare(
      'SELECT * FROM invoice_view WHERE open_amount > 0 AND due_date < ? AND due_announced_on IS NULL ORDER BY due_date, invoice',
    )
    .all(today) as unknown as Invoice[]
  const mark = db.prepare('UPDATE invoice SET due_announced_on = ? WHERE invoice = ?')
  let announced = 0
  for (const row of rows) {
    mark.run(today, row.invoice)
    if (only && !only.includes(row.sales_person)) continue
    emit({ type: 'erp.payment.due', subject: row.invoice, data: eventData(row) })
    announced++
  }
  return announced
}

function eventData(row: Invoice): Record<string, unknown> {
  return {
    invoice: row.invoice,
    businessPartner: row.business_partner,
    partnerName: row.partner_name,
    salesOrder: row.sales_order,
    grossAmount: decimalText(row.gross_amount, 2),
    openAmount: decimalText(row.open_amount, 2),
    currency: row.currency,
    dueDate: row.due_date,
    salesPerson: row.sales_person,
    status: row.status,
    version: row.version,
  }
}
