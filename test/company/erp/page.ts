import type { DatabaseSync } from 'node:sqlite'
import { type Html, html, type Language, type PageUser, table } from '../web/page.ts'
import { mayRead } from './access/rights.ts'
import { decimalText } from './odata/values.ts'

/** What a signed-in person finds on the ERP's first page: their own work, as far as their roles of this moment reach. */
export function workPage(db: DatabaseSync, user: PageUser, language: Language): Html {
  const t = (zh: string, en: string) => (language === 'zh' ? zh : en)
  const caller = { kind: 'person', userId: user.userId, roles: user.roles } as const
  const sections: Html[] = []
  if (mayRead(caller, 'StockLevels')) {
    const rows = db
      .prepare(
        `SELECT product, description, warehouse, quantity, minimum_quantity FROM stock_level_view
         WHERE planner = ? AND quantity < minimum_quantity ORDER BY quantity * 1.0 / minimum_quantity LIMIT 12`,
      )
      .all(user.userId)
    if (rows.length > 0 || user.roles.includes('Warehouse'))
      sections.push(
        table({
          title: t('低于最低库存', 'Below minimum stock'),
          columns: [
            t('产品', 'Product'),
            t('描述', 'Description'),
            t('仓库', 'Warehouse'),
            t('数量', 'Quantity'),
            t('最低', 'Minimum'),
          ],
          rows: rows.map(row => [
            String(row.product),
            String(row.description),
            String(row.warehouse),
            Number(row.quantity) / 1000,
            Number(row.minimum_quantity) / 1000,
          ]),
          empty: t('没有低于最低库存的产品', 'Nothing is below its minimum'),
        }),
      )
  }
  if (mayRead(caller, 'SalesOrders')) {
    const rows = db
      .prepare(
        `SELECT sales_order, partner_name, order_date, net_amount, status FROM sales_order
         WHERE sales_person = ? AND status IN ('A', 'B', 'H') ORDER BY order_date DESC, sales_order DESC LIMIT 12`,
      )
      .all(user.userId)
    sections.push(
      table({
        title: t('我的未完成订单', 'My open orders'),
        columns: [
          t('订单', 'Order'),
          t('客户', 'Customer'),
          t('日期', 'Date'),
          t('净额', 'Net amount'),
          t('状态', 'Status'),
        ],
        rows: rows.map(row => [
          String(row.sales_order),
          String(row.partner_name),
          String(row.order_date),
          decimalText(Number(row.net_amount), 2),
          String(row.status),
        ]),
        empty: t('没有未完成的订单', 'No open orders'),
      }),
    )
  }
  if (mayRead(caller, 'Invoices')) {
    const rows = db
      .prepare(
        'SELECT invoice, partner_name, due_date, open_amount FROM invoice WHERE open_amount > 0 ORDER BY due_date LIMIT 12',
      )
      .all()
    sections.push(
      table({
        title: t('最早到期的未收发票', 'Open invoices, earliest due first'),
        columns: [t('发票', 'Invoice'), t('客户', 'Customer'), t('到期日', 'Due date'), t('未收', 'Open')],
        rows: rows.map(row => [
          String(row.invoice),
          String(row.partner_name),
          String(row.due_date),
          decimalText(Number(row.open_amount), 2),
        ]),
        empty: t('没有未收发票', 'No open invoices'),
      }),
    )
  }
  if (sections.length === 0)
    return html`<section><p class="empty">${t('您的角色在这里没有业务数据。', 'Your roles hold no business data here.')}</p></section>`
  return html`${sections}`
}
