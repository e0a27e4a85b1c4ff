import type { EntitySet, Navigation, PrimitiveType, Property } from './types.ts'

type Extra = Partial<Pick<Property, 'scale' | 'nullable' | 'computed' | 'cost'>>

/** A property whose SQL is the column of the same name in snake case, unless `sql` says otherwise. */
function property(
  name: string,
  type: PrimitiveType,
  zh: string,
  en: string,
  extra: Extra & { sql?: string } = {},
): Property {
  const column = name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase()
  return {
    name,
    type,
    sql: extra.sql ?? `t.${column}`,
    label: { zh, en },
    ...extra,
    ...(extra.sql ? { sql: extra.sql } : {}),
  }
}

const text = (name: string, zh: string, en: string, extra: Extra = {}) => property(name, 'Edm.String', zh, en, extra)
const money = (name: string, zh: string, en: string, extra: Extra = {}) =>
  property(name, 'Edm.Decimal', zh, en, { scale: 2, ...extra })
const quantity = (name: string, zh: string, en: string, extra: Extra = {}) =>
  property(name, 'Edm.Decimal', zh, en, { scale: 3, ...extra })
const day = (name: string, zh: string, en: string, extra: Extra = {}) => property(name, 'Edm.Date', zh, en, extra)
const integer = (name: string, zh: string, en: string, extra: Extra = {}) => property(name, 'Edm.Int32', zh, en, extra)
/** `YYYY-MM` of a day, so that a client can group by month. */
const month = (name: string, of: string, zh: string, en: string) =>
  property(name, 'Edm.String', zh, en, { computed: true, sql: `substr(t.${of}, 1, 7)` })

const one = (name: string, target: string, local: string, foreign = local): Navigation => ({
  name,
  target,
  many: false,
  local,
  foreign,
})
const many = (name: string, target: string, local: string, foreign = local): Navigation => ({
  name,
  target,
  many: true,
  local,
  foreign,
})

function set(
  name: string,
  type: string,
  from: string,
  label: { zh: string; en: string },
  key: string[],
  properties: Property[],
  navigation: Navigation[] = [],
): EntitySet {
  return { name, type, from, label, key, properties, navigation, params: [] }
}

/** The entity sets, in the order of the service document. */
export const entitySets: EntitySet[] = [
  set(
    'BusinessPartners',
    'BusinessPartner',
    'partner',
    { zh: '业务伙伴', en: 'Business partners' },
    ['BusinessPartner'],
    [
      text('BusinessPartner', '业务伙伴编号', 'Business partner'),
      text('Name', '名称', 'Name'),
      text('Region', '地区', 'Region'),
      money('CreditLimit', '信用额度', 'Credit limit'),
      text('Currency', '币种', 'Currency'),
      text('SalesPerson', '销售员', 'Sales person'),
    ],
    [many('SalesOrders', 'SalesOrders', 'BusinessPartner'), many('Invoices', 'Invoices', 'BusinessPartner')],
  ),
  set(
    'SalesOrders',
    'SalesOrder',
    'sales_order',
    { zh: '销售订单', en: 'Sales orders' },
    ['SalesOrder'],
    [
      text('SalesOrder', '销售订单号', 'Sales order'),
      text('BusinessPartner', '业务伙伴编号', 'Business partner'),
      text('PartnerName', '客户名称', 'Partner name'),
      day('OrderDate', '订单日期', 'Order date'),
      month('OrderMonth', 'order_date', '订单月份', 'Order month'),
      day('RequestedDeliveryDate', '要求交货日期', 'Requested delivery date', { nullable: true }),
      money('NetAmount', '净额', 'Net amount'),
      text('Currency', '币种', 'Currency'),
      text('Status', '状态', 'Status'),
      text('DeliveryStatus', '交货状态', 'Delivery status'),
      integer('ProgressPercent', '进度（%）', 'Progress in per cent'),
      text('SalesPerson', '销售员', 'Sales person'),
    ],
    [
      many('Items', 'SalesOrderItems', 'SalesOrder'),
      one('Partner', 'BusinessPartners', 'BusinessPartner'),
      many('Shipments', 'Shipments', 'SalesOrder'),
      many('Invoices', 'Invoices', 'SalesOrder'),
    ],
  ),
  set(
    'SalesOrderItems',
    'SalesOrderItem',
    'sales_order_item',
    { zh: '销售订单行', en: 'Sales order items' },
    ['SalesOrder', 'Item'],
    [
      text('SalesOrder', '销售订单号', 'Sales order'),
      integer('Item', '行号', 'Item'),
      text('Product', '产品编号', 'Product'),
      quantity('Quantity', '数量', 'Quantity'),
      money('NetAmount', '净额', 'Net amount'),
    ],
    [one('ProductDetails', 'Products', 'Product'), one('Order', 'SalesOrders', 'SalesOrder')],
  ),
  set(
    'Products',
    'Product',
    'product',
    { zh: '产品', en: 'Products' },
    ['Product'],
    [
      text('Product', '产品编号', 'Product'),
      text('Description', '描述', 'Description'),
      text('DescriptionEn', '英文描述', 'English description'),
      money('UnitCost', '单位成本', 'Unit cost', { cost: true }),
      money('ListPrice', '标价', 'List price'),
      text('Unit', '单位', 'Unit'),
    ],
    [many('StockLevels', 'StockLevels', 'Product')],
  ),
  set(
    'StockLevels',
    'StockLevel',
    'stock_level_view',
    { zh: '库存', en: 'Stock levels' },
    ['Product', 'Warehouse'],
    [
      text('Product', '产品编号', 'Product'),
      text('Warehouse', '仓库', 'Warehouse'),
      text('Description', '描述', 'Description', { computed: true }),
      quantity('Quantity', '数量', 'Quantity'),
      quantity('MinimumQuantity', '最低数量', 'Minimum quantity'),
      money('UnitCost', '单位成本', 'Unit cost', { cost: true, computed: true }),
      money('Value', '库存价值', 'Value', { cost: true, computed: true }),
      text('Planner', '计划员', 'Planner'),
      property('UpdatedAt', 'Edm.DateTimeOffset', '更新时间', 'Updated at', { computed: true }),
    ],
    [one('ProductDetails', 'Products', 'Product')],
  ),
  set(
    'StockMovements',
    'StockMovement',
    'stock_movement',
    { zh: '库存移动', en: 'Stock movements' },
    ['Movement'],
    [
      text('Movement', '移动编号', 'Movement', { computed: true }),
      text('Product', '产品编号', 'Product'),
      text('Warehouse', '仓库', 'Warehouse'),
      day('PostingDate', '过账日期', 'Posting date'),
      month('PostingMonth', 'posting_date', '过账月份', 'Posting month'),
      quantity('Quantity', '数量', 'Quantity'),
      money('Value', '价值', 'Value', { cost: true, computed: true }),
      text('Reason', '原因', 'Reason'),
    ],
    [one('ProductDetails', 'Products', 'Product')],
  ),
  set(
    'Invoices',
    'Invoice',
    'invoice_view',
    { zh: '发票', en: 'Invoices' },
    ['Invoice'],
    [
      text('Invoice', '发票号', 'Invoice'),
      text('BusinessPartner', '业务伙伴编号', 'Business partner'),
      text('PartnerName', '客户名称', 'Partner name'),
      text('SalesOrder', '销售订单号', 'Sales order'),
      day('InvoiceDate', '开票日期', 'Invoice date'),
      month('InvoiceMonth', 'invoice_date', '开票月份', 'Invoice month'),
      day('DueDate', '到期日', 'Due date'),
      money('GrossAmount', '含税金额', 'Gross amount'),
      money('OpenAmount', '未收金额', 'Open amount', { computed: true }),
      text('Currency', '币种', 'Currency'),
      text('SalesPerson', '销售员', 'Sales person'),
      text('Status', '状态', 'Status', { computed: true }),
    ],
    [
      one('Partner', 'BusinessPartners', 'BusinessPartner'),
      one('Order', 'SalesOrders', 'SalesOrder'),
      many('Payments', 'Payments', 'Invoice'),
    ],
  ),
  set(
    'Payments',
    'Payment',
    'payment',
    { zh: '收款', en: 'Payments' },
    ['Payment'],
    [
      text('Payment', '收款号', 'Payment', { computed: true }),
      text('Invoice', '发票号', 'Invoice'),
      text('BusinessPartner', '业务伙伴编号', 'Business partner', { computed: true }),
      day('PostingDate', '过账日期', 'Posting date'),
      month('PostingMonth', 'posting_date', '过账月份', 'Posting month'),
      money('Amount', '金额', 'Amount'),
    ],
    [one('InvoiceDetails', 'Invoices', 'Invoice')],
  ),
  set(
    'PurchaseOrders',
    'PurchaseOrder',
    'purchase_order',
    { zh: '采购订单', en: 'Purchase orders' },
    ['PurchaseOrder'],
    [
      text('PurchaseOrder', '采购订单号', 'Purchase order'),
      text('Supplier', '供应商', 'Supplier'),
      text('Product', '产品编号', 'Product'),
      quantity('Quantity', '数量', 'Quantity'),
      money('NetAmount', '净额', 'Net amount'),
      text('Currency', '币种', 'Currency'),
      day('OrderDate', '订单日期', 'Order date'),
      month('OrderMonth', 'order_date', '订单月份', 'Order month'),
      day('ExpectedDate', '预计到货日期', 'Expected date'),
      text('Status', '状态', 'Status'),
      text('Buyer', '采购员', 'Buyer'),
    ],
    [one('ProductDetails', 'Products', 'Product')],
  ),
  set(
    'ProductionOrders',
    'ProductionOrder',
    'production_order_view',
    { zh: '生产订单', en: 'Production orders' },
    ['ProductionOrder'],
    [
      text('ProductionOrder', '生产订单号', 'Production order'),
      text('Product', '产品编号', 'Product'),
      text('Description', '描述', 'Description', { computed: true, nullable: true }),
      text('SalesOrder', '销售订单号', 'Sales order', { nullable: true }),
      quantity('Quantity', '数量', 'Quantity'),
      quantity('CompletedQuantity', '完成数量', 'Completed quantity'),
      text('Status', '状态', 'Status'),
      day('PlannedStart', '计划开始', 'Planned start'),
      day('PlannedFinish', '计划完成', 'Planned finish'),
    ],
    [one('ProductDetails', 'Products', 'Product'), one('Order', 'SalesOrders', 'SalesOrder')],
  ),
  set(
    'Shipments',
    'Shipment',
    'shipment',
    { zh: '发货', en: 'Shipments' },
    ['Shipment'],
    [
      text('Shipment', '发货单号', 'Shipment'),
      text('SalesOrder', '销售订单号', 'Sales order'),
      day('ShippedOn', '发货日期', 'Shipped on'),
      text('Carrier', '承运商', 'Carrier'),
      text('Status', '状态', 'Status'),
    ],
    [one('Order', 'SalesOrders', 'SalesOrder')],
  ),
  set(
    'SalesTargets',
    'SalesTarget',
    'sales_target',
    { zh: '销售目标', en: 'Sales targets' },
    ['Month'],
    [text('Month', '月份', 'Month'), money('Amount', '金额', 'Amount')],
  ),
  set(
    'Users',
    'User',
    'user',
    { zh: '用户', en: 'Users' },
    ['UserId'],
    [
      text('UserId', '用户编号', 'User'),
      text('ExternalId', '员工编号', 'Employee id'),
      text('Name', '姓名', 'Name'),
      text('Department', '部门', 'Department'),
      property('DepartmentPath', 'Collection(Edm.String)', '部门路径', 'Department path'),
      property('Roles', 'Collection(Edm.String)', '角色', 'Roles'),
      property('Active', 'Edm.Boolean', '有效', 'Active'),
    ],
  ),
]

const byName = new Map(entitySets.map(each => [each.name, each]))

export const findEntitySet = (name: string): EntitySet | undefined => byName.get(name)

/** The set a navigation of this model points to. */
export function entitySet(name: string): EntitySet {
  const found = byName.get(name)
  if (!found) throw new Error(`the model has no entity set ${name}`)
  return found
}
