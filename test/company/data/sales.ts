import { addDays, addMonths, daysBetween, firstDay, isWeekend, lastDay, monthOf } from './calendar.ts'
import type { Colleague } from './people.ts'
import { pickExisting } from './pipeline.ts'
import { createRandom, type Random } from './random.ts'
import type {
  Customer,
  Day,
  DirtyRecord,
  Month,
  Order,
  OrderItem,
  OrderStatus,
  Partner,
  Product,
  SalesTarget,
} from './types.ts'

export const MONTHS = 18

/** Business partners of the ERP: the CRM's customers under other names of fields, less the newest two, which nobody has entered yet. */
export function createPartners(customers: Customer[], people: Colleague[]): Partner[] {
  const erpIdOf = new Map(people.map(person => [person.native.crm, person.native.erp!]))
  const random = createRandom(6101)
  return customers.slice(0, -2).map(customer => ({
    businessPartner: customer.customerNo,
    name: customer.name,
    region: customer.region,
    creditLimit:
      (customer.level === 'A' ? random.int(20, 60) : customer.level === 'B' ? random.int(10, 25) : random.int(3, 12)) *
      100_000_00,
    currency: 'CNY',
    salesPerson: erpIdOf.get(customer.ownerId)!,
  }))
}

/** Yuan a month that the company sets out to sell: growing a little, weak around the Spring Festival. */
function targetOf(month: Month, monthsAgo: number): number {
  const season = { '01': 0.9, '02': 0.72, '06': 1.06, '07': 0.97, '11': 1.05, '12': 1.1 }[month.slice(5)] ?? 1
  return Math.round((32_500_000 * season * (1 - monthsAgo * 0.008)) / 100_000) * 100_000
}

/** Orders of the last 18 months with their items, and the targets they are measured by. */
export function createSales(
  customers: Customer[],
  partners: Partner[],
  products: Product[],
  today: Day,
  count: number,
) {
  const random = createRandom(6102)
  const partnerOf = new Map(partners.map(partner => [partner.businessPartner, partner]))
  const buyers = customers.filter(customer => partnerOf.has(customer.customerNo))
  const sold = products.filter(product => product.source === 'MAKE' && !/^HX-[ZG]/.test(product.product))
  const orders: Order[] = []
  const items: OrderItem[] = []
  const targets: SalesTarget[] = []
  const months = Array.from({ length: MONTHS }, (_, index) => addMonths(monthOf(today), index - MONTHS + 1))
  const counts = ordersPerMonth(today, count)
  const serial = new Map<string, number>()

  for (const [index, month] of months.entries()) {
    const goal = targetOf(month, MONTHS - 1 - index)
    targets.push({ month, amount: goal * 100 })
    const days = orderDays(random, month, today, counts[index]!)
    const drafts = days.map(day => ({ day, lines: draftLines(random, sold) }))
    const drafted = drafts.reduce(
      (sum, draft) =>
        sum + draft.lines.reduce((part, line) => part + line.product.listPrice * line.quantity * line.factor, 0),
      0,
    )
    const achieved = index === MONTHS - 1 ? 0.88 : 0.9 + random.next() * 0.17
    const stretch = (goal * 100 * achieved) / drafted
    for (const { day, lines } of drafts) {
      const partner = partnerOf.get(pickExisting(random, buyers, day).customerNo)!
      const number = (serial.get(day.slice(0, 4)) ?? 0) + 1
      serial.set(day.slice(0, 4), number)
      const salesOrder = `SO-${day.slice(0, 4)}-${String(number).padStart(4, '0')}`
      let netAmount = 0
      for (const [at, line] of lines.entries()) {
        const quantity = Math.max(1, Math.round(line.quantity * stretch))
        const net = Math.round((quantity * line.product.listPrice * line.factor) / 100) * 100
        netAmount += net
        items.push({ salesOrder, item: (at + 1) * 10, product: line.product.product, quantity, netAmount: net })
      }
      orders.push({
        salesOrder,
        businessPartner: partner.businessPartner,
        partnerName: partner.name,
        orderDate: day,
        netAmount,
        currency: 'CNY',
        salesPerson: partner.salesPerson,
        ...progressOf(random, day, today),
      })
    }
  }
  targets.push({ month: addMonths(monthOf(today), 1), amount: targetOf(addMonths(monthOf(today), 1), -1) * 100 })
  return { orders, items, targets }
}

/** A young month has fewer orders, never none. */
function ordersPerMonth(today: Day, count: number): number[] {
  const share = Number(today.slice(8)) / Number(lastDay(monthOf(today)).slice(8))
  const current = Math.max(14, Math.round((count / MONTHS) * share))
  const past = MONTHS - 1
  const base = Math.floor((count - current) / past)
  const rest = count - current - base * past
  return [...Array.from({ length: past }, (_, index) => base + (index < rest ? 1 : 0)), current]
}

function orderDays(random: Random, month: Month, today: Day, count: number): Day[] {
  const last = lastDay(month) < today ? lastDay(month) : today
  const span = daysBetween(firstDay(month), last)
  return Array.from({ length: count }, () => {
    const day = addDays(firstDay(month), random.int(0, span))
    return isWeekend(day) && random.chance(0.8) ? addDays(firstDay(month), random.int(0, span)) : day
  }).sort()
}

function draftLines(random: Random, sold: Product[]) {
  const taken = new Set<Product>()
  while (
    taken.size <
    random.weighted([
      [1, 4],
      [2, 4],
      [3, 2],
      [4, 1],
    ])
  )
    taken.add(random.pick(sold))
  return [...taken].map(product => ({
    product,
    quantity: Math.max(1, Math.round((random.int(2, 30) * 12_000_00) / (product.listPrice + 4_000_00))),
    factor: random.int(86, 100) / 100,
  }))
}

function progressOf(
  random: Random,
  orderDate: Day,
  today: Day,
): Pick<Order, 'status' | 'deliveryStatus' | 'progressPercent' | 'requestedDeliveryDate'> {
  const age = daysBetween(orderDate, today)
  const status: OrderStatus =
    age > 58
      ? random.weighted([
          ['D', 985],
          ['H', 4],
          ['C', 11],
        ])
      : age > 28
        ? random.weighted([
            ['D', 58],
            ['C', 24],
            ['B', 15],
            ['H', 3],
          ])
        : age > 12
          ? random.weighted([
              ['D', 12],
              ['C', 20],
              ['B', 46],
              ['A', 18],
              ['H', 4],
            ])
          : age > 4
            ? random.weighted([
                ['A', 50],
                ['B', 46],
                ['H', 4],
              ])
            : random.weighted([
                ['A', 96],
                ['H', 4],
              ])
  const progressPercent = status === 'B' ? random.int(2, 18) * 5 : status === 'C' || status === 'D' ? 100 : 0
  return {
    status,
    progressPercent,
    deliveryStatus: progressPercent === 100 ? 'COMPLETE' : progressPercent > 75 ? 'PARTIAL' : 'NOT_STARTED',
    requestedDeliveryDate: addDays(orderDate, random.int(20, 50)),
  }
}

export function spoilSales(orders: Order[], partners: Partner[]): DirtyRecord[] {
  const undated = orders.at(-25)!
  undated.requestedDeliveryDate = null
  const [wide, blank] = [partners[71]!, partners[198]!]
  wide.name = wide.name.replace('有限公司', '有限公司 ')
  blank.region = ''
  return [
    { system: 'erp', object: 'SalesOrder', key: undated.salesOrder, fault: 'requested delivery date missing' },
    { system: 'erp', object: 'BusinessPartner', key: wide.businessPartner, fault: 'blank at the end of the name' },
    { system: 'erp', object: 'BusinessPartner', key: blank.businessPartner, fault: 'region missing' },
  ]
}
