import type { Day, Fen, Moment, Month, Text } from './types.ts'

/** What the ERP holds. Its users are `00017`. */
export type Partner = {
  businessPartner: string
  name: string
  region: string
  creditLimit: Fen
  currency: 'CNY'
  salesPerson: string
}

export type Product = {
  product: string
  description: string
  /** Empty in a dirty record. */
  descriptionEn: string
  unitCost: Fen
  listPrice: Fen
  unit: string
  /** MAKE is produced in house, BUY is purchased. */
  source: 'MAKE' | 'BUY'
}

export type Warehouse = { warehouse: string; name: Text }

export type StockLevel = {
  product: string
  warehouse: string
  /** Always the sum of this level's movements. */
  quantity: number
  minimumQuantity: number
  /** ERP user who plans this product. */
  planner: string
  updatedAt: Moment
}

export type MovementReason = 'OPENING' | 'PURCHASE' | 'PRODUCTION' | 'SALE' | 'CONSUMPTION' | 'COUNT'
export type StockMovement = {
  movement: string
  product: string
  warehouse: string
  postingDate: Day
  quantity: number
  /** quantity × the product's unit cost. */
  value: Fen
  reason: MovementReason
}

/** A open, B in production, C shipped, D invoiced, H on hold. */
export type OrderStatus = 'A' | 'B' | 'C' | 'D' | 'H'
export type DeliveryStatus = 'NOT_STARTED' | 'PARTIAL' | 'COMPLETE'
export type Order = {
  salesOrder: string
  businessPartner: string
  partnerName: string
  orderDate: Day
  /** Missing in a dirty record. */
  requestedDeliveryDate: Day | null
  /** Always the sum of the order's items. */
  netAmount: Fen
  currency: 'CNY'
  status: OrderStatus
  deliveryStatus: DeliveryStatus
  progressPercent: number
  salesPerson: string
}
export type OrderItem = { salesOrder: string; item: number; product: string; quantity: number; netAmount: Fen }

export type Invoice = {
  invoice: string
  businessPartner: string
  partnerName: string
  salesOrder: string
  invoiceDate: Day
  dueDate: Day
  grossAmount: Fen
  /** grossAmount − the invoice's payments. */
  openAmount: Fen
  currency: 'CNY'
  salesPerson: string
  status: 'OPEN' | 'PARTIAL' | 'PAID'
}
export type Payment = { payment: string; invoice: string; businessPartner: string; postingDate: Day; amount: Fen }

export type PurchaseOrder = {
  purchaseOrder: string
  supplier: string
  product: string
  quantity: number
  netAmount: Fen
  currency: 'CNY'
  orderDate: Day
  expectedDate: Day
  status: 'OPEN' | 'RECEIVED' | 'CANCELLED'
  buyer: string
}
export type ProductionOrder = {
  productionOrder: string
  product: string
  salesOrder: string | null
  quantity: number
  completedQuantity: number
  status: 'PLANNED' | 'IN_PROGRESS' | 'COMPLETED'
  plannedStart: Day
  plannedFinish: Day
}
export type Shipment = {
  shipment: string
  salesOrder: string
  shippedOn: Day
  carrier: string
  status: 'IN_TRANSIT' | 'DELIVERED'
}
export type SalesTarget = { month: Month; amount: Fen }
