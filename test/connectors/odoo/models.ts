export type Kind = 'char' | 'integer' | 'float' | 'boolean' | 'date' | 'datetime' | 'many2one'

export interface Field {
  kind: Kind
  /** model that a many2one leads to */
  to?: string
}

const char: Field = { kind: 'char' }
const float: Field = { kind: 'float' }
const date: Field = { kind: 'date' }
const datetime: Field = { kind: 'datetime' }
const integer: Field = { kind: 'integer' }
const to = (model: string): Field => ({ kind: 'many2one', to: model })

const stamps = { id: integer, create_date: datetime, write_date: datetime }

/**
 * The part of Odoo 16's models that the simulator keeps. Marked `unverified` is what was not seen in its source: a test of
 * it only proves that connector and simulator share the same guess.
 */
export const models: Record<string, Record<string, Field>> = {
  'res.company': { ...stamps, name: char },
  'res.users': { ...stamps, name: char, login: char, active: { kind: 'boolean' } },
  'res.currency': { ...stamps, name: char },
  'res.country': { ...stamps, name: char },
  'res.partner': {
    ...stamps,
    name: char,
    ref: char,
    is_company: { kind: 'boolean' },
    active: { kind: 'boolean' },
    email: char,
    phone: char,
    vat: char,
    street: char,
    city: char,
    zip: char,
    country_id: to('res.country'),
    user_id: to('res.users'),
    customer_rank: integer, // unverified
    company_id: to('res.company'),
  },
  'sale.order': {
    ...stamps,
    name: char,
    partner_id: to('res.partner'),
    date_order: datetime,
    state: char,
    amount_untaxed: float,
    amount_tax: float,
    amount_total: float,
    currency_id: to('res.currency'),
    user_id: to('res.users'),
    invoice_status: char,
    client_order_ref: char,
    company_id: to('res.company'),
  },
  'account.move': {
    ...stamps,
    name: char,
    move_type: char,
    state: char,
    invoice_date: date,
    invoice_date_due: date,
    amount_total: float,
    amount_residual: float,
    payment_state: char, // unverified
    invoice_origin: char, // unverified
    invoice_user_id: to('res.users'), // unverified
    partner_id: to('res.partner'),
    currency_id: to('res.currency'),
    company_id: to('res.company'),
  },
  'uom.uom': { ...stamps, name: char },
  'product.product': {
    ...stamps,
    name: char, // unverified
    default_code: char, // unverified
    list_price: float, // unverified
    standard_price: float, // unverified
    uom_id: to('uom.uom'), // unverified
    active: { kind: 'boolean' },
  },
  'stock.warehouse': { ...stamps, name: char },
  'stock.location': { ...stamps, name: char, usage: char }, // unverified: usage
  'stock.quant': {
    ...stamps,
    product_id: to('product.product'),
    location_id: to('stock.location'),
    warehouse_id: to('stock.warehouse'),
    quantity: float,
    reserved_quantity: float,
    company_id: to('res.company'),
  },
  'mail.activity.type': { ...stamps, name: char },
  'mail.activity': {
    ...stamps,
    res_model: char,
    res_id: integer,
    res_name: char,
    activity_type_id: to('mail.activity.type'),
    summary: char,
    date_deadline: date,
    user_id: to('res.users'),
    state: char,
  },
}

/** An error of the server in the words of its envelope: `data.name` and `data.message`. */
export class OdooError extends Error {
  override readonly name: string
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}
