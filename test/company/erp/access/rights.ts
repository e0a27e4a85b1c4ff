import type { Property, Source } from '../model/types.ts'
import { forbidden } from '../odata/errors.ts'

/** Who asks. Roles come from this system's own store at each request, never from the token. */
export type Caller =
  | { kind: 'person'; userId: string; roles: string[] }
  | { kind: 'service'; clientId: string; mayProvision: boolean }

const sales = ['BusinessPartners', 'SalesOrders', 'SalesOrderItems', 'Products', 'StockLevels', 'Shipments']
const business = [
  ...sales,
  'StockMovements',
  'Invoices',
  'Payments',
  'PurchaseOrders',
  'ProductionOrders',
  'SalesTargets',
]

/** The entity sets a native role may read. */
const readable: Record<string, readonly string[]> = {
  SalesViewer: sales,
  OrderEntry: sales,
  Buyer: ['BusinessPartners', 'Products', 'StockLevels', 'StockMovements', 'PurchaseOrders'],
  Warehouse: ['Products', 'StockLevels', 'StockMovements', 'Shipments'],
  Planner: ['Products', 'StockLevels', 'ProductionOrders', 'SalesOrders', 'SalesOrderItems'],
  Accountant: business,
  Controller: business,
  ReadOnly: business,
  BasisAdmin: ['Users'],
}

/** Roles that see purchase costs and what is computed from them. */
const finance = new Set(['Accountant', 'Controller', 'ReadOnly'])

/** Native roles that may create (`POST`) or change (`PATCH`) a property; whatever is absent nobody may write. */
const writable: Record<string, { create?: readonly string[]; update?: Record<string, readonly string[]> }> = {
  StockLevels: { update: { Quantity: ['Warehouse'], MinimumQuantity: ['Warehouse', 'Buyer'] } },
  StockMovements: { create: ['Warehouse'] },
  Payments: { create: ['Accountant'] },
  Invoices: { create: ['Accountant'], update: { DueDate: ['Accountant'] } },
  SalesOrders: {
    create: ['OrderEntry'],
    update: { Status: ['OrderEntry'], RequestedDeliveryDate: ['OrderEntry'] },
  },
  ProductionOrders: { update: { CompletedQuantity: ['Planner'] } },
}

export const mayRead = (caller: Caller, set: string): boolean =>
  caller.kind === 'service' || caller.roles.some(role => readable[role]?.includes(set))

/** @throws ODataError 403 */
export function checkRead(caller: Caller, set: string): void {
  if (!mayRead(caller, set)) throw forbidden(`Your roles do not include reading ${set}.`)
}

export const maySeeCosts = (caller: Caller): boolean =>
  caller.kind === 'service' || caller.roles.some(role => finance.has(role))

/** Which properties a caller may read, filter and sort by; a path through a navigation asks for its target, too. */
export const visibleTo =
  (caller: Caller) =>
  (source: Source, property: Property): boolean =>
    mayRead(caller, source.name) && (!property.cost || maySeeCosts(caller))

/** @throws ODataError 403 */
export function checkCreate(caller: Caller, set: string): void {
  if (caller.kind === 'service') throw forbidden('A service account reads; business data are written as a person.')
  if (!caller.roles.some(role => writable[set]?.create?.includes(role)))
    throw forbidden(`Your roles do not include creating ${set}.`)
}

/** @throws ODataError 403 for the first property that the caller may not change */
export function checkUpdate(caller: Caller, set: string, properties: string[]): void {
  if (caller.kind === 'service') throw forbidden('A service account reads; business data are written as a person.')
  for (const name of properties) {
    const roles = writable[set]?.update?.[name] ?? []
    if (!caller.roles.some(role => roles.includes(role)))
      throw forbidden(`Your roles do not include changing ${set}/${name}.`, name)
  }
}

/** @throws ODataError 403 unless the caller is the account by which users are provisioned */
export function checkProvision(caller: Caller): void {
  if (caller.kind !== 'service' || !caller.mayProvision)
    throw forbidden('Users are written by provisioning only: a token with the scope "scim".')
}

/** What a set allows, for the Capabilities annotations of $metadata. */
export const writableSets = writable
