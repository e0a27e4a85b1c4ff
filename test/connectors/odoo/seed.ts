import type { Orm } from './orm.ts'

export const company = { sh: 1, berlin: 2 }
export const sales = { li: 7, wang: 8 }

/** A small company in Odoo, with what is dirty in every real one: no reference, no salesperson, no due date. */
export function seed(orm: Orm): void {
  orm.insert('res.company', { id: company.sh, name: '华信' })
  orm.insert('res.company', { id: company.berlin, name: 'Huaxin Europe GmbH' })
  for (const [id, name] of [
    [7, '李娜'],
    [8, '王芳'],
  ] as const)
    orm.insert('res.users', { id, name, login: `u${id}` })
  orm.insert('res.currency', { id: 6, name: 'CNY' })
  orm.insert('res.currency', { id: 1, name: 'EUR' })
  orm.insert('res.country', { id: 48, name: '中国' })

  const partner = (id: number, name: string, more: Parameters<Orm['insert']>[1] = {}): void =>
    void orm.insert('res.partner', { id, name, is_company: true, customer_rank: 1, user_id: sales.li, ...more })
  partner(101, '北京远航', {
    ref: 'C-101',
    email: 'a@yuanhang.example',
    phone: '+86 138 0013 8000',
    vat: '91110000X',
    street: '中关村 1 号',
    city: '北京',
    zip: '100080',
    country_id: 48,
    create_date: '2026-02-01 16:30:00',
  })
  partner(102, 'Berg & Söhne', { ref: '50%_OFF', company_id: company.berlin })
  partner(103, '上海东方', { user_id: sales.wang })
  partner(104, '无人负责', { user_id: null })
  partner(105, '已归档', { active: false })
  partner(106, '只是供应商', { customer_rank: 0 })
  for (let n = 1; n <= 25; n += 1) partner(200 + n, `客户 ${String(n).padStart(2, '0')}`)

  const order = (id: number, name: string, more: Parameters<Orm['insert']>[1]): void =>
    void orm.insert('sale.order', {
      id,
      name,
      partner_id: 101,
      date_order: '2026-03-01 17:30:00',
      state: 'sale',
      amount_untaxed: 1000.1,
      currency_id: 6,
      user_id: sales.li,
      invoice_status: 'to invoice',
      company_id: company.sh,
      ...more,
    })
  order(1, 'S00001', { client_order_ref: 'PO-9' })
  order(2, 'S00002', { date_order: '2026-03-05 02:00:00', invoice_status: 'invoiced', state: 'done' })
  order(3, 'S00003', { state: 'draft' })
  order(4, 'S00004', { state: 'cancel' })
  order(5, 'S00005', { partner_id: 103, user_id: sales.wang, date_order: '2026-03-06 02:00:00' })
  order(6, 'S00006', { partner_id: 102, company_id: company.berlin, currency_id: 1, date_order: '2026-03-07 02:00:00' })

  const invoice = (id: number, name: string, more: Parameters<Orm['insert']>[1]): void =>
    void orm.insert('account.move', {
      id,
      name,
      move_type: 'out_invoice',
      state: 'posted',
      partner_id: 101,
      invoice_date: '2026-03-10',
      invoice_date_due: '2026-04-09',
      amount_total: 1130.11,
      amount_residual: 1130.11,
      currency_id: 6,
      payment_state: 'not_paid',
      invoice_user_id: sales.li,
      company_id: company.sh,
      ...more,
    })
  invoice(1, 'INV/2026/00001', { invoice_origin: 'S00001' })
  invoice(2, 'INV/2026/00002', { amount_residual: 0, payment_state: 'paid' })
  invoice(3, 'INV/2026/00003', { invoice_date_due: null })
  invoice(4, '/', { state: 'draft' })
  invoice(5, 'RINV/2026/00001', { move_type: 'out_refund' })
  invoice(6, 'INV/2026/00006', { invoice_date_due: '2099-01-01' })

  orm.insert('uom.uom', { id: 1, name: '件' })
  orm.insert('product.product', {
    id: 11,
    name: '轴承',
    default_code: 'B-11',
    list_price: 12.5,
    standard_price: 7.25,
    uom_id: 1,
  })
  orm.insert('product.product', { id: 12, name: '法兰', list_price: 30, standard_price: 0, uom_id: 1 })
  orm.insert('stock.warehouse', { id: 1, name: '上海仓' })
  orm.insert('stock.location', { id: 8, name: 'WH/Stock', usage: 'internal' })
  orm.insert('stock.location', { id: 5, name: 'Partners/Customers', usage: 'customer' })
  orm.insert('stock.quant', {
    id: 1,
    product_id: 11,
    location_id: 8,
    warehouse_id: 1,
    quantity: 40.5,
    company_id: company.sh,
  })
  orm.insert('stock.quant', {
    id: 2,
    product_id: 12,
    location_id: 8,
    warehouse_id: 1,
    quantity: 0,
    company_id: company.sh,
  })
  orm.insert('stock.quant', { id: 3, product_id: 11, location_id: 5, quantity: -40.5, company_id: company.sh })

  orm.insert('mail.activity.type', { id: 2, name: '电话' })
  const activity = { res_model: 'sale.order', res_id: 1, res_name: 'S00001', activity_type_id: 2 }
  orm.insert('mail.activity', {
    ...activity,
    id: 31,
    summary: '催款',
    date_deadline: '2026-03-02',
    user_id: sales.li,
    state: 'overdue',
  })
  orm.insert('mail.activity', { ...activity, id: 32, date_deadline: '2099-03-02', user_id: sales.li, state: 'planned' })
  orm.insert('mail.activity', {
    ...activity,
    id: 33,
    summary: '别人的',
    date_deadline: '2026-03-02',
    user_id: sales.wang,
    state: 'overdue',
  })
}
