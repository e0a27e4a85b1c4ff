import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Company } from '../../data/types.ts'

/** Copies the sample company into the ERP's store. People come without roles: those arrive by provisioning. */
export function seed(db: DatabaseSync, company: Company): void {
  const { erp } = company
  const thousandths = (quantity: number) => Math.round(quantity * 1000)
  const utc = (moment: string) => new Date(moment).toISOString()
  const seededAt = utc(`${company.today}T00:00:00+08:00`)

  insert(
    db,
    'user',
    company.people.flatMap(person => (person.native.erp ? [{ ...person, userId: person.native.erp }] : [])),
    person => ({
      user_id: person.userId,
      external_id: person.id,
      name: person.name.zh,
      department: person.departmentId,
      department_path: JSON.stringify(departmentPath(company, person.departmentId)),
      active: person.active ? 1 : 0,
      updated_at: seededAt,
    }),
  )
  insert(db, 'partner', erp.partners, each => ({
    business_partner: each.businessPartner,
    name: each.name,
    region: each.region,
    credit_limit: each.creditLimit,
    currency: each.currency,
    sales_person: each.salesPerson,
  }))
  insert(db, 'product', erp.products, each => ({
    product: each.product,
    description: each.description,
    description_en: each.descriptionEn,
    unit_cost: each.unitCost,
    list_price: each.listPrice,
    unit: each.unit,
    source: each.source,
  }))
  insert(db, 'warehouse', erp.warehouses, each => ({
    warehouse: each.warehouse,
    name_zh: each.name.zh,
    name_en: each.name.en,
  }))
  insert(db, 'stock_level', erp.stock, each => ({
    product: each.product,
    warehouse: each.warehouse,
    quantity: thousandths(each.quantity),
    minimum_quantity: thousandths(each.minimumQuantity),
    planner: each.planner,
    updated_at: utc(each.updatedAt),
  }))
  insert(db, 'stock_movement', erp.movements, each => ({
    movement: each.movement,
    product: each.product,
    warehouse: each.warehouse,
    posting_date: each.postingDate,
    quantity: thousandths(each.quantity),
    value: each.value,
    reason: each.reason,
  }))
  insert(db, 'sales_order', erp.orders, each => ({
    sales_order: each.salesOrder,
    business_partner: each.businessPartner,
    partner_name: each.partnerName,
    order_date: each.orderDate,
    requested_delivery_date: each.requestedDeliveryDate,
    net_amount: each.netAmount,
    currency: each.currency,
    status: each.status,
    delivery_status: each.deliveryStatus,
    progress_percent: each.progressPercent,
    sales_person: each.salesPerson,
  }))
  insert(db, 'sales_order_item', erp.items, each => ({
    sales_order: each.salesOrder,
    item: each.item,
    product: each.product,
    quantity: thousandths(each.quantity),
    net_amount: each.netAmount,
  }))
  insert(db, 'invoice', erp.invoices, each => ({
    invoice: each.invoice,
    business_partner: each.businessPartner,
    partner_name: each.partnerName,
    sales_order: each.salesOrder,
    invoice_date: each.invoiceDate,
    due_date: each.dueDate,
    gross_amount: each.grossAmount,
    open_amount: each.openAmount,
    currency: each.currency,
    sales_person: each.salesPerson,
  }))
  insert(db, 'payment', erp.payments, each => ({
    payment: each.payment,
    invoice: each.invoice,
    business_partner: each.businessPartner,
    posting_date: each.postingDate,
    amount: each.amount,
  }))
  insert(db, 'purchase_order', erp.purchaseOrders, each => ({
    purchase_order: each.purchaseOrder,
    supplier: each.supplier,
    product: each.product,
    quantity: thousandths(each.quantity),
    net_amount: each.netAmount,
    currency: each.currency,
    order_date: each.orderDate,
    expected_date: each.expectedDate,
    status: each.status,
    buyer: each.buyer,
  }))
  insert(db, 'production_order', erp.productionOrders, each => ({
    production_order: each.productionOrder,
    product: each.product,
    sales_order: each.salesOrder,
    quantity: thousandths(each.quantity),
    completed_quantity: thousandths(each.completedQuantity),
    status: each.status,
    planned_start: each.plannedStart,
    planned_finish: each.plannedFinish,
  }))
  insert(db, 'shipment', erp.shipments, each => ({
    shipment: each.shipment,
    sales_order: each.salesOrder,
    shipped_on: each.shippedOn,
    carrier: each.carrier,
    status: each.status,
  }))
  insert(db, 'sales_target', erp.targets, each => ({ month: each.month, amount: each.amount }))
}

/** Department ids from the root down to one. */
function departmentPath(company: Company, id: string): string[] {
  const department = company.departments.find(each => each.id === id)
  if (!department) return []
  return [...(department.parentId ? departmentPath(company, department.parentId) : []), id]
}

function insert<T>(
  db: DatabaseSync,
  table: string,
  rows: T[],
  columns: (row: T) => Record<string, SQLInputValue>,
): void {
  const first = rows[0]
  if (first === undefined) return
  const names = Object.keys(columns(first))
  const statement = db.prepare(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(name => `:${name}`).join(', ')})`,
  )
  for (const row of rows) statement.run(columns(row))
}
