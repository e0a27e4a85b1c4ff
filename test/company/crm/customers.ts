import type { DatabaseSync } from 'node:sqlite'
import { now } from '@atrium/platform/clock'
import { Problem } from '@atrium/platform/problem'
import { momentOf } from '../data/calendar.ts'
import type { EventSender } from '../web/events.ts'
import { transaction } from '../web/store.ts'
import { personalReach, readReach, requireWrite, type Viewer, within, writeReach } from './access.ts'
import { Conditions, contains, readPage } from './query.ts'
import { findUser } from './users.ts'

type Row = {
  customer_no: string
  name: string
  short_name: string
  industry: string
  region: string
  level: string
  phone: string
  email: string
  address: string
  owner_id: string
  owner_department: string
  status: string
  created_at: string
  updated_at: string
  last_contact_at: string | null
  personal: number
}

export const customerSorts = {
  customerNo: 'customer_no',
  name: 'name',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  lastContactAt: 'last_contact_at',
  level: 'level',
} as const

export type CustomerQuery = {
  customerNo?: string[] | undefined
  owner?: string[] | undefined
  status?: string[] | undefined
  q?: string | undefined
  /** Included. */
  createdFrom?: string | undefined
  /** Not included. */
  createdTo?: string | undefined
  sort: string
  offset: number
  limit: number
}

/** Customers within the viewer's reach; the personal fields are null where the viewer may only read figures. */
export function listCustomers(db: DatabaseSync, viewer: Viewer, query: CustomerQuery) {
  const reach = within('owner_id', readReach(viewer))
  const personal = within('owner_id', personalReach(viewer))
  const conditions = new Conditions()
    .add(reach.sql, ...reach.values)
    .oneOf('customer_no', query.customerNo)
    .oneOf('owner_id', query.owner)
    .oneOf('status', query.status)
    .when('created_at >= ?', query.createdFrom)
    .when('created_at < ?', query.createdTo)
  if (query.q) {
    const pattern = contains(query.q)
    conditions.add("name LIKE ? ESCAPE '\\' OR customer_no LIKE ? ESCAPE '\\'", pattern, pattern)
  }
  const { rows, total } = readPage<Row>(db, {
    select: `*, (${personal.sql}) AS personal`,
    selectValues: personal.values,
    from: 'customer',
    conditions,
    order: `${query.sort}, customer_no`,
    offset: query.offset,
    limit: query.limit,
  })
  return { items: rows.map(toCustomer), total }
}

/** @throws Problem 404 also when the customer exists outside the viewer's reach: that is none of their business either */
export function getCustomer(db: DatabaseSync, viewer: Viewer, customerNo: string) {
  const { items } = listCustomers(db, viewer, { customerNo: [customerNo], sort: 'customer_no', offset: 0, limit: 1 })
  if (items[0]) return items[0]
  throw new Problem(404, 'customer_unknown', {
    zh: `没有您可以查看的客户 ${customerNo}`,
    en: `There is no customer ${customerNo} that you may see`,
  })
}

export type CustomerChange = Partial<
  Record<
    'name' | 'shortName' | 'industry' | 'region' | 'level' | 'phone' | 'email' | 'address' | 'status' | 'ownerId',
    string
  >
>

const changeable: Record<keyof CustomerChange, string> = {
  name: 'name',
  shortName: 'short_name',
  industry: 'industry',
  region: 'region',
  level: 'level',
  phone: 'phone',
  email: 'email',
  address: 'address',
  status: 'status',
  ownerId: 'owner_id',
}

/** Changes what is given. Handing a customer on needs the right to write where it goes, too. */
export function updateCustomer(db: DatabaseSync, viewer: Viewer, customerNo: string, change: CustomerChange) {
  return transaction(db, () => {
    const current = getCustomer(db, viewer, customerNo)
    requireWrite(db, viewer, current.ownerId)
    const fields: Record<string, string> = {}
    for (const [name, value] of Object.entries(change)) fields[changeable[name as keyof CustomerChange]] = value
    if (change.ownerId) {
      fields.owner_department = ownerFor(db, viewer, change.ownerId).department
    }
    const names = Object.keys(fields)
    db.prepare(
      `UPDATE customer SET ${[...names, 'updated_at'].map(name => `${name} = ?`).join(', ')} WHERE customer_no = ?`,
    ).run(...Object.values(fields), momentOf(now()), customerNo)
    // After handing it to somebody else a Rep no longer reads it; the answer is the last view of it.
    return readOne(db, viewer, customerNo)
  })
}

export type NewCustomer = { name: string } & CustomerChange

/** Creates a customer under the next number, owned by the caller unless somebody within reach is named. */
export function createCustomer(db: DatabaseSync, viewer: Viewer, input: NewCustomer, events: EventSender) {
  return transaction(db, () => {
    const owner = ownerFor(db, viewer, input.ownerId ?? (viewer.kind === 'user' ? viewer.user.userId : ''))
    const { last } = db.prepare('SELECT max(customer_no) AS last FROM customer').get() as { last: string | null }
    const customerNo = `C${String(Number((last ?? 'C0').slice(1)) + 1).padStart(5, '0')}`
    const moment = momentOf(now())
    db.prepare('INSERT INTO customer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)').run(
      customerNo,
      input.name,
      input.shortName ?? input.name.replace(/(股份)?有限公司$/, ''),
      input.industry ?? '',
      input.region ?? '',
      input.level ?? 'C',
      input.phone ?? '',
      input.email ?? '',
      input.address ?? '',
      owner.userId,
      owner.department,
      input.status ?? 'PROSPECT',
      moment,
      moment,
    )
    events.enqueue({
      type: 'crm.customer.created',
      subject: customerNo,
      data: { customerNo, customerName: input.name, ownerId: owner.userId, createdAt: moment },
    })
    return readOne(db, viewer, customerNo)
  })
}

/** Contacts of the customers within the viewer's reach. */
export function listContacts(
  db: DatabaseSync,
  viewer: Viewer,
  query: { customerNo?: string[] | undefined; offset: number; limit: number },
) {
  const reach = within('c.owner_id', readReach(viewer))
  const personal = within('c.owner_id', personalReach(viewer))
  const { rows, total } = readPage<Record<string, string> & { is_primary: number; personal: number }>(db, {
    select: `p.*, (${personal.sql}) AS personal`,
    selectValues: personal.values,
    from: 'contact p JOIN customer c USING (customer_no)',
    conditions: new Conditions().add(reach.sql, ...reach.values).oneOf('p.customer_no', query.customerNo),
    order: 'p.customer_no, is_primary DESC, contact_id',
    offset: query.offset,
    limit: query.limit,
  })
  const items = rows.map(row => ({
    contactId: row.contact_id,
    customerNo: row.customer_no,
    name: row.name,
    title: row.title,
    mobile: row.personal ? row.mobile : null,
    email: row.personal ? row.email : null,
    isPrimary: row.is_primary === 1,
  }))
  return { items, total }
}

/** The user who is to own a customer, if the viewer may give it to them. */
function ownerFor(db: DatabaseSync, viewer: Viewer, ownerId: string) {
  if (writeReach(viewer).of === 'nobody') requireWrite(db, viewer, ownerId)
  const owner = findUser(db, ownerId)
  if (!owner?.active)
    throw new Problem(400, 'owner_unknown', {
      zh: `负责人 ${ownerId} 不存在或已停用`,
      en: `There is no active user ${ownerId} to own the customer`,
    })
  requireWrite(db, viewer, ownerId)
  return owner
}

function readOne(db: DatabaseSync, viewer: Viewer, customerNo: string) {
  const personal = within('owner_id', personalReach(viewer))
  const row = db
    .prepare(`SELECT *, (${personal.sql}) AS personal FROM customer WHERE customer_no = ?`)
    .get(...personal.values, customerNo)
  return toCustomer(row as Row)
}

const toCustomer = (row: Row) => ({
  customerNo: row.customer_no,
  name: row.name,
  shortName: row.short_name,
  industry: row.industry,
  region: row.region,
  level: row.level,
  phone: row.personal ? row.phone : null,
  email: row.personal ? row.email : null,
  address: row.personal ? row.address : null,
  ownerId: row.owner_id,
  ownerDepartment: row.owner_department,
  status: row.status,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  lastContactAt: row.last_contact_at,
})
