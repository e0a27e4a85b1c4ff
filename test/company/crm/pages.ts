import type { DatabaseSync } from 'node:sqlite'
import { now } from '@atrium/platform/clock'
import { addDays, dayOf, momentAt } from '../data/calendar.ts'
import { type Html, html, type Language, type PageUser, table } from '../web/page.ts'
import { listCustomers } from './customers.ts'
import { listFollowUps } from './follow-ups.ts'
import { listOpportunities } from './opportunities.ts'
import { findUser } from './users.ts'

const stageNames: Record<string, [string, string]> = {
  LEAD: ['线索', 'Lead'],
  QUALIFIED: ['需求确认', 'Qualified'],
  QUOTED: ['已报价', 'Quoted'],
  NEGOTIATION: ['商务谈判', 'Negotiation'],
}

/** What a user finds on the CRM's first page: the follow-ups up to today and the largest open opportunities, their own. */
export function work(db: DatabaseSync, { userId, roles }: PageUser, language: Language): Html {
  const t = (zh: string, en: string) => (language === 'zh' ? zh : en)
  const user = findUser(db, userId)
  if (!user || roles.length === 0)
    return html`<section><p>${t('您在 CRM 中还没有角色，请联系管理员。', 'You have no role in the CRM yet; ask an administrator.')}</p></section>`
  const viewer = { kind: 'user', user } as const
  const tomorrow = momentAt(addDays(dayOf(now()), 1), 0)
  const followUps = listFollowUps(db, viewer, {
    owner: [userId],
    status: ['PLANNED'],
    dueTo: tomorrow,
    sort: 'due_at ASC',
    offset: 0,
    limit: 10,
  })
  const opportunities = listOpportunities(db, viewer, {
    stage: ['LEAD', 'QUALIFIED', 'QUOTED', 'NEGOTIATION'],
    sort: 'amount DESC',
    offset: 0,
    limit: 10,
  })
  const customers = listCustomers(db, viewer, { sort: 'last_contact_at DESC', offset: 0, limit: 8 })
  return html`${table({
    title: t('今天要跟进', 'To follow up today'),
    columns: [t('时间', 'Due'), t('客户', 'Customer'), t('内容', 'Subject')],
    rows: followUps.items.map(row => [row.dueAt.slice(0, 16).replace('T', ' '), row.customerName, row.content]),
    empty: t('今天没有安排跟进。', 'Nothing is planned for today.'),
  })}
${table({
  title: t('在谈商机', 'Open opportunities'),
  columns: [t('商机', 'Opportunity'), t('阶段', 'Stage'), t('金额', 'Amount')],
  rows: opportunities.items.map(row => [
    row.title,
    stageNames[row.stage]?.[language === 'zh' ? 0 : 1] ?? row.stage,
    `¥${Number(row.amount).toLocaleString('en-US')}`,
  ]),
  empty: t('没有在谈的商机。', 'There are no open opportunities.'),
})}
${table({
  title: t('最近联系的客户', 'Customers contacted last'),
  columns: [t('编号', 'Number'), t('名称', 'Name'), t('行业', 'Industry'), t('电话', 'Phone')],
  rows: customers.items.map(row => [row.customerNo, row.name, row.industry, row.phone ?? '—']),
  empty: t('没有您可以查看的客户。', 'There are no customers that you may see.'),
})}`
}
