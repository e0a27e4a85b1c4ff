import type { DatabaseSync } from 'node:sqlite'
import { type Html, html, type Language, type PageUser, table } from '../web/page.ts'
import { listApprovals } from './approvals/read.ts'
import { listTasks } from './tasks.ts'
import { findUser } from './users.ts'

const day = (moment: string | undefined) =>
  moment ? new Date(moment).toLocaleDateString('sv-SE', { timeZone: 'Asia/Shanghai' }) : ''

/** What a signed-in person finds on the OA's first page: what waits for them. */
export function workPage(db: DatabaseSync, pageUser: PageUser, language: Language): Html {
  const t = (zh: string, en: string) => (language === 'zh' ? zh : en)
  const user = findUser(db, pageUser.userId)
  if (!user || user.roles.length === 0)
    return html`<section><p class="empty">${t('您还没有本系统的角色。', 'You have no role in this system yet.')}</p></section>`
  const caller = { kind: 'person', user } as const
  const window = { offset: 0, limit: 12 }
  const { approvals } = listApprovals(db, caller, {
    assigneeId: user.userId,
    state: 'PENDING',
    approvalIds: [],
    custIds: [],
    requesterIds: [],
    ...window,
  })
  const { tasks } = listTasks(db, caller, { assigneeId: user.userId, state: 'OPEN', ...window })
  return html`${[
    table({
      title: t('待我审批', 'Waiting for my decision'),
      columns: [
        t('编号', 'Number'),
        t('标题', 'Title'),
        t('申请人', 'Requester'),
        t('金额', 'Amount'),
        t('截止', 'Due'),
      ],
      rows: approvals.map(each => [each.approvalId, each.title, each.requesterName, each.amount, day(each.dueAt)]),
      empty: t('没有待审批的事项', 'Nothing waits for your decision'),
    }),
    table({
      title: t('我的任务', 'My tasks'),
      columns: [t('编号', 'Number'), t('标题', 'Title'), t('截止', 'Due')],
      rows: tasks.map(each => [each.taskId, each.title, day(each.dueAt)]),
      empty: t('没有未完成的任务', 'No open tasks'),
    }),
  ]}`
}
