import { createProducts, spoilProducts, warehouses } from './catalogue.ts'
import { createCustomers, spoilCustomers } from './customers.ts'
import { createDeliveriesAndInvoices, spoilInvoices } from './finance.ts'
import { createAnnouncements, createTasks } from './notices.ts'
import { createOffice, spoilOffice } from './office.ts'
import { createPeople, departments } from './people.ts'
import { createFollowUps, createOpportunities, spoilOpportunities } from './pipeline.ts'
import { createProduction, createPurchases } from './production.ts'
import { assignmentsOf, businessRoles, mapping, nativeRoles, rules } from './roles.ts'
import { createPartners, createSales, spoilSales } from './sales.ts'
import { createStock } from './stock.ts'
import type { Company, Day } from './types.ts'

/**
 * The whole sample company as it stands on the morning of `today` in Asia/Shanghai. Pure: the same day gives the
 * same company; another day moves its history, so that no date is stale. What has happened lies before `today`
 * (orders and payments: at the latest on it); only plans lie ahead.
 */
export function generateCompany({ today }: { today: Day }): Company {
  const people = createPeople()
  const { customers, contacts } = createCustomers(people, today, 400)
  const opportunities = createOpportunities(customers, today, 1200)
  const followUps = createFollowUps(customers, opportunities, people, today)

  const products = createProducts()
  const partners = createPartners(customers, people)
  const { orders, items, targets } = createSales(customers, partners, products, today, 2000)
  const finance = createDeliveriesAndInvoices(orders, people, today)
  const { stock, movements } = createStock(products, people, today)
  const office = createOffice(people, customers, today)

  const dirty = [
    ...spoilCustomers(customers),
    ...spoilOpportunities(opportunities),
    ...spoilOffice(office.contracts, office.claims),
    ...spoilProducts(products),
    ...spoilSales(orders, partners),
    ...spoilInvoices(finance.invoices),
  ]
  return {
    today,
    name: { zh: '华信机械', en: 'Huaxin Machinery' },
    departments,
    businessRoles,
    rules,
    assignments: assignmentsOf(people),
    people: people.map(({ roleIds: _given, ...person }) => person),
    mapping,
    nativeRoles,
    crm: { customers, contacts, opportunities, followUps },
    oa: { ...office, tasks: createTasks(people, today), announcements: createAnnouncements(today) },
    erp: {
      partners,
      products,
      warehouses,
      stock,
      movements,
      orders,
      items,
      ...finance,
      purchaseOrders: createPurchases(products, people, today, 350),
      productionOrders: createProduction(orders, items, products, today),
      targets,
    },
    dirty,
  }
}
