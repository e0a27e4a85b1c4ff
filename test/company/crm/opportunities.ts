import type { DatabaseSync } from 'node:sqlite'
import { now } from '@atrium/platform/clock'
import { Problem } from '@atrium/platform/problem'
import { momentOf } from '../data/calendar.ts'
import { fen, yuan } from '../data/money.ts'
import type { Stage } from '../data/types.ts'
import type { EventSender } from '../web/events.ts'
import { transaction } from '../web/store.ts'
import { readReach, requireWrite, type Viewer, within } from './access.ts'
import { Conditions, readPage } from './query.ts'

export const stages = ['LEAD', 'QUALIFIED', 'QUOTED', 'NEGOTIATION', 'WON', 'LOST'] as const satisfies readonly Stage[]

type Row = {
  opp_id: string
  customer_no: string
  customer_name: string
  title: string
  stage: Stage
  amount: number
  currency: string
  probability: number
  owner_id: string
  expected_close: string
  next_step: string
  created_at: string
  updated_at: string
  version: number
}

export const opportunitySorts = {
  oppId: 'opp_id',
  amount: 'amount',
  expectedClose: 'expected_close',
  createdAt: 'o.created_at',
  updatedAt: 'o.updated_at',
  probability: 'probability',
} as const

export type OpportunityQuery = {
  oppId?: string[] | undefined
  customerNo?: string[] | undefined
  owner?: string[] | undefined
  stage?: Stage[] | undefined
  sort: string
  offset: number
  limit: number
}

const from = 'opportunity o JOIN customer c USING (customer_no)'
const select = 'o.*, c.name AS customer_name'

/** Opportunities that the viewer owns or whose customer lies within the viewer's reach. */
export function listOpportunities(db: DatabaseSync, viewer: Viewer, query: OpportunityQuery) {
  const { rows, total } = readPage<Row>(db, {
    select,
    from,
    conditions: visible(viewer)
      .oneOf('opp_id', query.oppId)
      .oneOf('o.customer_no', query.customerNo)
      .oneOf('o.owner_id', query.owner)
      .oneOf('stage', query.stage),
    order: `${query.sort}, opp_id`,
    offset: query.offset,
    limit: query.limit,
  })
  return { items: rows.map(toOpportunity), total }
}

/** What a viewer sees of the rows that hang on a customer (`o` and `c` in the query). */
export function visible(viewer: Viewer, alias = 'o'): Conditions {
  const reach = readReach(viewer)
  const [own, customers] = [within(`${alias}.owner_id`, reach), within('c.owner_id', reach)]
  return new Conditions().add(`${own.sql} OR ${customers.sql}`, ...own.values, ...customers.values)
}

export type OpportunityChange = {
  stage?: Stage | undefined
  amount?: string | undefined
  probability?: number | undefined
  expectedClose?: string | undefined
  nextStep?: string | undefined
}

const usual: Partial<Record<Stage, number>> = { WON: 100, LOST: 0 }

/** Moves an opportunity on and reports it; one that is won becomes an order for the systems behind. */
export function updateOpportunity(
  db: DatabaseSync,
  viewer: Viewer,
  oppId: string,
  change: OpportunityChange,
  events: EventSender,
) {
  return transaction(db, () => {
    const conditions = visible(viewer).add('opp_id = ?', oppId)
    const row = db.prepare(`SELECT ${select} FROM ${from} ${conditions.where}`).get(...conditions.values) as
      | Row
      | undefined
    if (!row)
      throw new Problem(404, 'opportunity_unknown', {
        zh: `没有您可以查看的商机 ${oppId}`,
        en: `There is no opportunity ${oppId} that you may see`,
      })
    requireWrite(db, viewer, row.owner_id)
    const stage = change.stage ?? row.stage
    const next: Row = {
      ...row,
      stage,
      amount: change.amount === undefined ? row.amount : fen(change.amount),
      probability: change.probability ?? (change.stage && usual[change.stage]) ?? row.probability,
      expected_close: change.expectedClose ?? row.expected_close,
      next_step: change.nextStep ?? row.next_step,
      updated_at: momentOf(now()),
      version: row.version + 1,
    }
    db.prepare(
      'UPDATE opportunity SET stage = ?, amount = ?, probability = ?, expected_close = ?, next_step = ?, updated_at = ?, version = ? WHERE opp_id = ?',
    ).run(
      next.stage,
      next.amount,
      next.probability,
      next.expected_close,
      next.next_step,
      next.updated_at,
      next.version,
      oppId,
    )
    report(events, row, next)
    return toOpportunity(next)
  })
}

function report(events: EventSender, before: Row, after: Row) {
  const data = {
    oppId: after.opp_id,
    customerNo: after.customer_no,
    customerName: after.customer_name,
    title: after.title,
    ownerId: after.owner_id,
    stage: after.stage,
    previousStage: before.stage,
    amount: yuan(after.amount),
    currency: after.currency,
    version: after.version,
    changedAt: after.updated_at,
  }
  events.enqueue({ type: 'crm.opportunity.changed', subject: after.opp_id, data })
  if (after.stage === 'WON' && before.stage !== 'WON')
    events.enqueue({ type: 'crm.order.changed', subject: after.opp_id, data })
}

const toOpportunity = (row: Row) => ({
  oppId: row.opp_id,
  customerNo: row.customer_no,
  customerName: row.customer_name,
  title: row.title,
  stage: row.stage,
  amount: yuan(row.amount),
  currency: row.currency,
  probability: row.probability,
  ownerId: row.owner_id,
  expectedClose: row.expected_close,
  nextStep: row.next_step,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
