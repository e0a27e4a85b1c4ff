import { ruleOf } from './reference-parts.ts'
import { type Rules, types } from './rules.ts'
import { type Asker, heldBy, reaches } from './viewer.ts'
import { nativeId, type SystemId, type World } from './world.ts'

type Row = Record<string, unknown>

// Whose record it is and what it belongs to decide who sees it, so these are told apart from what is hidden in it.
const fixed = new Set([
  'customerNo',
  'contactId',
  'BusinessPartner',
  'SalesOrder',
  'approvalId',
  'Invoice',
  'Currency',
  'ownerId',
  'SalesPerson',
  'requesterId',
  'assigneeId',
  'custId',
])

/**
 * The same world to this asker and another to everybody else: what they may not read has other values, and every second
 * record that they do not reach is gone. Nothing that is answered may tell the two apart.
 */
export function otherWorld(world: World, rules: Rules, asker: Asker): World {
  const held = heldBy(asker)
  const hides = (type: string, field: string): 'no' | 'mask' | 'read' => {
    const { read, mask } = ruleOf(rules, type, field)
    if (read.some(role => held.has(role))) return 'read'
    return mask?.roles.some(role => held.has(role)) ? 'mask' : 'no'
  }
  const veiled = <T extends Row>(type: string, system: SystemId, row: T, seen: boolean): T => {
    const changed: Row = { ...row }
    for (const [field, model] of Object.entries(types[type]?.fields ?? {})) {
      const { from } = model
      if (!from || fixed.has(from) || (model.system ?? types[type]?.system) !== system || !(from in row)) continue
      const right = seen ? hides(type, field) : 'no'
      if (right === 'no') changed[from] = anotherValue(row[from])
      if (right === 'mask') changed[from] = sameUnderMask(String(row[from]))
    }
    if (type === 'Approval' && seen && hides('Approval', 'steps') === 'read')
      changed.steps = (row.steps as Row[]).map(step => veiled('Step', 'oa', step, true))
    return changed as T
  }
  const thinned = <T extends Row>(type: string, system: SystemId, rows: readonly T[], sees: (row: T) => boolean): T[] =>
    rows.flatMap((row, index) =>
      sees(row) ? [veiled(type, system, row, true)] : index % 2 ? [] : [veiled(type, system, row, false)],
    )

  const mine = (row: { requesterId: string; assigneeId: string }): boolean => {
    const { account, scope } = asker.systems.oa
    const me = nativeId('oa', asker.id)
    return account && scope !== 'none' && (row.assigneeId === me || row.requesterId === me)
  }
  const seesCustomer = (code: string): boolean =>
    world.customers.some(one => one.customerNo === code && reaches(asker, 'crm', one.ownerId))
  return {
    customers: thinned('Customer', 'crm', world.customers, row => reaches(asker, 'crm', row.ownerId)),
    contacts: thinned('Contact', 'crm', world.contacts, row => seesCustomer(row.customerNo)),
    partners: thinned('Customer', 'erp', world.partners, row => reaches(asker, 'erp', row.SalesPerson)),
    orders: thinned('Order', 'erp', world.orders, row => reaches(asker, 'erp', row.SalesPerson)),
    invoices: world.invoices.filter((row, index) => reaches(asker, 'erp', row.SalesPerson) || index % 2 === 0),
    approvals: thinned('Approval', 'oa', world.approvals, row => reaches(asker, 'oa', row.requesterId) || mine(row)),
  }
}

function anotherValue(value: unknown): unknown {
  if (typeof value === 'number') return 700 - value
  if (Array.isArray(value)) return []
  const text = String(value)
  if (/^\d+\.\d\d$/.test(text)) return (1200.5 - Number(text)).toFixed(2).replace('-', '')
  if (text === 'gold' || text === 'iron') return text === 'gold' ? 'iron' : 'gold'
  return [...text].reverse().join('')
}

/** Another value of which a mask shows the same. */
function sameUnderMask(text: string): string {
  if (text.includes('@')) return `${text.slice(0, 1)}zz${text.slice(text.indexOf('@'))}`
  if (/^\d+$/.test(text)) return `${text.slice(0, 3)}0000${text.slice(7, -4)}${text.slice(-4)}`
  return `${text.slice(0, 1)}other`
}
