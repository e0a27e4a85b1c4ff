import type { DatabaseSync } from 'node:sqlite'
import { now } from '@atrium/platform/clock'
import { log } from '@atrium/platform/log'
import { momentOf } from '../data/calendar.ts'
import { yuan } from '../data/money.ts'
import type { EventSender } from '../web/events.ts'
import { transaction } from '../web/store.ts'

type Due = {
  follow_up_id: string
  customer_no: string
  customer_name: string
  owner_id: string
  due_at: string
  channel: string
  content: string
  opportunity_amount: number | null
}

/**
 * Reports each planned follow-up whose time has come, once, also when the CRM was down at that time.
 * Flag and event are written in one transaction.
 * @param upTo the moment that counts as come; the present one unless given
 * @param owners only theirs, when given
 * @returns how many were reported
 */
export function remindDue(db: DatabaseSync, events: EventSender, upTo = momentOf(now()), owners?: string[]): number {
  return transaction(db, () => {
    const rows = db
      .prepare(
        `SELECT f.*, c.name AS customer_name FROM follow_up f JOIN customer c USING (customer_no)
         WHERE f.status = 'PLANNED' AND reminded = 0 AND due_at <= ? AND (? IS NULL OR f.owner_id IN (SELECT value FROM json_each(?)))
         ORDER BY due_at LIMIT 1000`,
      )
      .all(upTo, owners ? 1 : null, JSON.stringify(owners ?? [])) as Due[]
    const flag = db.prepare('UPDATE follow_up SET reminded = 1 WHERE follow_up_id = ?')
    for (const row of rows) {
      flag.run(row.follow_up_id)
      events.enqueue({
        type: 'crm.followup.due',
        subject: row.follow_up_id,
        id: `followup-due-${row.follow_up_id}`,
        data: {
          followUpId: row.follow_up_id,
          customerNo: row.customer_no,
          customerName: row.customer_name,
          ownerId: row.owner_id,
          dueAt: row.due_at,
          content: row.content,
          channel: row.channel,
          ...(row.opportunity_amount !== null && { opportunityAmount: yuan(row.opportunity_amount), currency: 'CNY' }),
        },
      })
    }
    return rows.length
  })
}

/** Looks for due follow-ups at once and then every `intervalMs`. */
export function startReminders(db: DatabaseSync, events: EventSender, intervalMs: number): { stop(): void } {
  const scan = () => {
    try {
      while (remindDue(db, events) === 1000);
    } catch (error) {
      log('crm').error({ err: error }, 'scan for due follow-ups failed')
    }
  }
  scan()
  const timer = setInterval(scan, intervalMs)
  return { stop: () => clearInterval(timer) }
}
