import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { now } from '@atrium/platform/clock'
import { Problem } from '@atrium/platform/problem'
import { addDays, dayOf, momentAt, momentOf } from '../data/calendar.ts'
import { yuan } from '../data/money.ts'
import type { Channel } from '../data/types.ts'
import type { EventSender } from '../web/events.ts'
import { transaction } from '../web/store.ts'
import { requireWrite, type Viewer } from './access.ts'
import { getCustomer } from './customers.ts'
import { visible } from './opportunities.ts'
import { readPage } from './query.ts'

type Row = {
  follow_up_id: string
  customer_no: string
  customer_name: string
  owner_id: string
  due_at: string
  channel: Channel
  content: string
  status: 'PLANNED' | 'DONE'
  result: string | null
  converted: number
  opportunity_amount: number | null
  created_at: string
  done_at: string | null
}

export const followUpSorts = { dueAt: 'due_at', createdAt: 'f.created_at', followUpId: 'follow_up_id' } as const
export const channels = ['PHONE', 'VISIT', 'WECHAT', 'EMAIL', 'MEETING'] as const satisfies readonly Channel[]

export type FollowUpQuery = {
  customerNo?: string[] | undefined
  owner?: string[] | undefined
  status?: ('PLANNED' | 'DONE')[] | undefined
  dueFrom?: string | undefined
  dueTo?: string | undefined
  sort: string
  offset: number
  limit: number
}

const from = 'follow_up f JOIN customer c USING (customer_no)'
const select = 'f.*, c.name AS customer_name'

/** Follow-ups of the viewer, and those with customers within the viewer's reach. `dueTo` is not included. */
export function listFollowUps(db: DatabaseSync, viewer: Viewer, query: FollowUpQuery) {
  const { rows, total } = readPage<Row>(db, {
    select,
    from,
    conditions: visible(viewer, 'f')
      .oneOf('f.customer_no', query.customerNo)
      .oneOf('f.owner_id', query.owner)
      .oneOf('f.status', query.status)
      .when('due_at >= ?', query.dueFrom)
      .when('due_at < ?', query.dueTo),
    order: `${query.sort}, follow_up_id`,
    offset: query.offset,
    limit: query.limit,
  })
  return { items: rows.map(toFollowUp), total }
}

export type NewFollowUp = {
  customerNo: string
  content: string
  channel?: Channel | undefined
  nextAt?: string | undefined
  nextContent?: string | undefined
}

/**
 * Writes down a contact that took place, and plans the next one when `nextAt` is given. What the author had planned with
 * this customer up to today is thereby done.
 */
export function createFollowUp(db: DatabaseSync, viewer: Viewer, input: NewFollowUp, events: EventSender) {
  const moment = momentOf(now())
  if (input.nextAt && input.nextAt <= moment)
    throw new Problem(400, 'next_in_past', {
      zh: '下次跟进时间必须晚于现在',
      en: 'The next follow-up must lie in the future',
    })
  return transaction(db, () => {
    const customer = getCustomer(db, viewer, input.customerNo)
    requireWrite(db, viewer, customer.ownerId)
    const ownerId = viewer.kind === 'user' ? viewer.user.userId : customer.ownerId
    const { amount } = db
      .prepare("SELECT max(amount) AS amount FROM opportunity WHERE customer_no = ? AND stage NOT IN ('WON', 'LOST')")
      .get(input.customerNo) as { amount: number | null }
    const insert = (dueAt: string, content: string, status: Row['status']) => {
      const id = `FU-${randomUUID()}`
      db.prepare('INSERT INTO follow_up VALUES (?, ?, ?, ?, ?, ?, ?, NULL, 0, ?, ?, ?, 0)').run(
        id,
        input.customerNo,
        ownerId,
        dueAt,
        input.channel ?? 'PHONE',
        content,
        status,
        amount,
        moment,
        status === 'DONE' ? moment : null,
      )
      return readOne(db, id)
    }
    const done = insert(moment, input.content, 'DONE')
    const fulfilled = db
      .prepare(
        `UPDATE follow_up SET status = 'DONE', result = ?, done_at = ?
         WHERE customer_no = ? AND owner_id = ? AND status = 'PLANNED' AND due_at < ? RETURNING follow_up_id`,
      )
      .all(input.content.slice(0, 500), moment, input.customerNo, ownerId, momentAt(addDays(dayOf(now()), 1), 0)) as {
      follow_up_id: string
    }[]
    for (const id of [done.followUpId, ...fulfilled.map(row => row.follow_up_id)])
      reportDone(events, id, input.customerNo)
    db.prepare('UPDATE customer SET last_contact_at = ?, updated_at = ? WHERE customer_no = ?').run(
      moment,
      moment,
      input.customerNo,
    )
    const next = input.nextAt ? insert(input.nextAt, input.nextContent ?? input.content, 'PLANNED') : null
    return { ...done, next }
  })
}

/** Marks a planned follow-up as done. A repeat is refused: what was written down stays. */
export function completeFollowUp(
  db: DatabaseSync,
  viewer: Viewer,
  followUpId: string,
  input: { result: string; converted: boolean },
  events: EventSender,
) {
  return transaction(db, () => {
    const conditions = visible(viewer, 'f').add('follow_up_id = ?', followUpId)
    const row = db.prepare(`SELECT ${select} FROM ${from} ${conditions.where}`).get(...conditions.values) as
      | Row
      | undefined
    if (!row)
      throw new Problem(404, 'follow_up_unknown', {
        zh: `没有您可以查看的跟进 ${followUpId}`,
        en: `There is no follow-up ${followUpId} that you may see`,
      })
    requireWrite(db, viewer, row.owner_id)
    if (row.status === 'DONE')
      throw new Problem(409, 'follow_up_done', { zh: '这条跟进已经完成', en: 'This follow-up is done already' })
    const moment = momentOf(now())
    db.prepare(
      "UPDATE follow_up SET status = 'DONE', result = ?, converted = ?, done_at = ? WHERE follow_up_id = ?",
    ).run(input.result, Number(input.converted), moment, followUpId)
    db.prepare('UPDATE customer SET last_contact_at = ? WHERE customer_no = ?').run(moment, row.customer_no)
    reportDone(events, followUpId, row.customer_no)
    return readOne(db, followUpId)
  })
}

const reportDone = (events: EventSender, followUpId: string, customerNo: string) =>
  events.enqueue({ type: 'crm.followup.done', subject: followUpId, data: { followUpId, customerNo } })

const readOne = (db: DatabaseSync, followUpId: string) =>
  toFollowUp(db.prepare(`SELECT ${select} FROM ${from} WHERE follow_up_id = ?`).get(followUpId) as Row)

const toFollowUp = (row: Row) => ({
  followUpId: row.follow_up_id,
  customerNo: row.customer_no,
  customerName: row.customer_name,
  ownerId: row.owner_id,
  dueAt: row.due_at,
  channel: row.channel,
  content: row.content,
  status: row.status,
  result: row.result,
  converted: row.converted === 1,
  opportunityAmount: row.opportunity_amount === null ? null : yuan(row.opportunity_amount),
  createdAt: row.created_at,
})
