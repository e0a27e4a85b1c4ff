import type { DatabaseSync } from 'node:sqlite'
import { addDays, momentAt } from '../data/calendar.ts'
import { generateCompany } from '../data/generate.ts'
import { departmentPath } from '../data/people.ts'
import type { Company, Day } from '../data/types.ts'
import type { EventSender } from '../web/events.ts'
import { transaction } from '../web/store.ts'
import { remindDue } from './reminders.ts'
import { writeUser } from './users.ts'

/** The people of the demonstration find today's follow-ups in their inbox from the morning on. */
const named = ['li.na', 'zhang.wei', 'zhao.lei']

/** Fills an empty CRM with the sample company, once; users come without roles, which are given by provisioning. */
export function seedOnce(db: DatabaseSync, today: Day, events: EventSender): void {
  const seeded = db.prepare("SELECT value FROM crm_state WHERE key = 'seeded'").get() as { value: Day } | undefined
  if (seeded && seeded.value !== today) return
  const company = generateCompany({ today })
  if (!seeded) insertCompany(db, company)
  // Also after a crash between the two: what was reported is not reported again.
  const owners = company.people.filter(person => named.includes(person.username)).map(person => person.native.crm!)
  remindDue(db, events, momentAt(addDays(today, 1), 0), owners)
}

function insertCompany(db: DatabaseSync, company: Company) {
  transaction(db, () => {
    for (const person of company.people) {
      const userId = person.native.crm
      if (!userId) continue
      writeUser(db, {
        userId,
        externalId: person.id,
        name: person.name.zh,
        email: person.email,
        department: person.departmentId,
        departmentPath: departmentPath(person.departmentId),
        managerId: company.people.find(({ id }) => id === person.managerId)?.native.crm ?? null,
        scope: null,
        active: person.active,
        roles: [],
      })
    }
    fill(db, company.crm)
    db.prepare("INSERT INTO crm_state VALUES ('seeded', ?)").run(company.today)
  })
}

function fill(db: DatabaseSync, crm: Company['crm']) {
  const customer = db.prepare('INSERT INTO customer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  for (const row of crm.customers)
    customer.run(
      row.customerNo,
      row.name,
      row.shortName,
      row.industry,
      row.region,
      row.level,
      row.phone,
      row.email,
      row.address,
      row.ownerId,
      row.ownerDepartment,
      row.status,
      row.createdAt,
      row.updatedAt,
      row.lastContactAt,
    )
  const contact = db.prepare('INSERT INTO contact VALUES (?, ?, ?, ?, ?, ?, ?)')
  for (const row of crm.contacts)
    contact.run(row.contactId, row.customerNo, row.name, row.title, row.mobile, row.email, Number(row.isPrimary))
  const opportunity = db.prepare('INSERT INTO opportunity VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)')
  for (const row of crm.opportunities)
    opportunity.run(
      row.oppId,
      row.customerNo,
      row.title,
      row.stage,
      row.amount,
      row.currency,
      row.probability,
      row.ownerId,
      row.expectedClose,
      row.nextStep,
      row.createdAt,
      row.updatedAt,
    )
  const followUp = db.prepare('INSERT INTO follow_up VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)')
  for (const row of crm.followUps)
    followUp.run(
      row.followUpId,
      row.customerNo,
      row.ownerId,
      row.dueAt,
      row.channel,
      row.content,
      row.status,
      row.result,
      Number(row.converted),
      row.opportunityAmount,
      row.createdAt,
      row.doneAt,
    )
}
