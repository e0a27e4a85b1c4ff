import { addDays, daysBetween } from './calendar.ts'
import type { Colleague } from './people.ts'
import { createRandom, type Random } from './random.ts'
import type { Day, DirtyRecord, Fen, Invoice, Order, Payment, Shipment } from './types.ts'

const carriers = ['德邦物流', '顺丰速运', '中通快运', '安能物流', '自有车辆'] as const
const VAT_PERCENT = 13

/** What follows an order that is finished: the shipment, the invoice, the money. */
export function createDeliveriesAndInvoices(orders: Order[], people: Colleague[], today: Day) {
  const random = createRandom(7001)
  const shipments: Shipment[] = []
  const invoices: Invoice[] = []
  for (const order of orders) {
    if (order.status !== 'C' && order.status !== 'D') continue
    const age = daysBetween(order.orderDate, today)
    const shippedOn = addDays(
      order.orderDate,
      Math.min(random.int(12, 38), Math.max(0, age - (order.status === 'D' ? 3 : 0))),
    )
    shipments.push({
      shipment: `SH-${order.salesOrder.slice(3)}`,
      salesOrder: order.salesOrder,
      shippedOn,
      carrier: random.pick(carriers),
      status: daysBetween(shippedOn, today) > 4 ? 'DELIVERED' : 'IN_TRANSIT',
    })
    if (order.status !== 'D') continue
    const invoiceDate = addDays(shippedOn, Math.min(random.int(1, 3), daysBetween(shippedOn, today)))
    const grossAmount = order.netAmount + Math.round((order.netAmount * VAT_PERCENT) / 100)
    invoices.push({
      invoice: `INV-${order.salesOrder.slice(3)}`,
      businessPartner: order.businessPartner,
      partnerName: order.partnerName,
      salesOrder: order.salesOrder,
      invoiceDate,
      dueDate: addDays(
        invoiceDate,
        random.weighted([
          [30, 5],
          [45, 3],
          [60, 2],
        ]),
      ),
      grossAmount,
      openAmount: grossAmount,
      currency: 'CNY',
      salesPerson: order.salesPerson,
      status: 'OPEN',
    })
  }
  const overdue = keptOverdue(invoices, people, today)
  const payments: Payment[] = []
  for (const invoice of invoices) if (!overdue.has(invoice)) settle(random, invoice, payments, today)
  return { shipments, invoices, payments }
}

/** Some customers of the people in the demonstration owe money: their next-youngest due invoices stay open. */
function keptOverdue(invoices: Invoice[], people: Colleague[], today: Day): Set<Invoice> {
  const kept = new Set<Invoice>()
  for (const [username, count] of [
    ['li.na', 2],
    ['zhang.wei', 3],
  ] as const) {
    const salesPerson = people.find(person => person.username === username)!.native.erp
    const due = invoices.filter(invoice => invoice.salesPerson === salesPerson && invoice.dueDate < today)
    for (const invoice of due.sort((a, b) => b.dueDate.localeCompare(a.dueDate)).slice(0, count)) kept.add(invoice)
  }
  return kept
}

function settle(random: Random, invoice: Invoice, payments: Payment[], today: Day) {
  const overdueDays = daysBetween(invoice.dueDate, today)
  const paidShare =
    overdueDays > 75
      ? random.weighted([
          [1, 995],
          [0.5, 2],
          [0, 3],
        ])
      : overdueDays > 30
        ? random.weighted([
            [1, 95],
            [0.6, 3],
            [0, 2],
          ])
        : overdueDays > 0
          ? random.weighted([
              [1, 88],
              [0.5, 4],
              [0, 8],
            ])
          : random.weighted([
              [1, 15],
              [0.3, 12],
              [0, 73],
            ])
  if (paidShare === 0) return
  const total = paidShare === 1 ? invoice.grossAmount : Math.round((invoice.grossAmount * paidShare) / 100) * 100
  const instalments: Fen[] = random.chance(0.12) ? [Math.floor(total * 0.3), total - Math.floor(total * 0.3)] : [total]
  for (const amount of instalments) {
    const latest = daysBetween(invoice.invoiceDate, today)
    const wish = daysBetween(invoice.invoiceDate, invoice.dueDate) + random.int(-18, 12)
    payments.push({
      payment: `PY-${String(payments.length + 1).padStart(6, '0')}`,
      invoice: invoice.invoice,
      businessPartner: invoice.businessPartner,
      postingDate: addDays(invoice.invoiceDate, Math.max(0, Math.min(wish, latest))),
      amount,
    })
    invoice.openAmount -= amount
  }
  invoice.status = invoice.openAmount === 0 ? 'PAID' : 'PARTIAL'
}

export function spoilInvoices(invoices: Invoice[]): DirtyRecord[] {
  const orphan = invoices.findLast(
    invoice => invoice.openAmount > 0 && !['00017', '00018'].includes(invoice.salesPerson),
  )!
  orphan.salesPerson = ''
  return [{ system: 'erp', object: 'Invoice', key: orphan.invoice, fault: 'sales person missing' }]
}
