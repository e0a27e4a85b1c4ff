import type { Person } from '../access/person.ts'
import type { Access, BoardDefinition, Boards, KpiDefinition } from './definition.ts'

/** The boards a person may open. */
export function boardsFor(person: Person, boards: Boards): BoardDefinition[] {
  return [...boards.boards.values()].filter(board => mayOpen(person, board))
}

/** A board opens to one of its business roles, or to one of its native rights. */
export function mayOpen(person: Person, board: BoardDefinition): boolean {
  return (
    person.active &&
    (holdsRole(person, board.access) || holdsRight(person, board.access)) &&
    board.kpis.some(kpi => maySee(person, kpi))
  )
}

/**
 * A figure is read from its system by the gateway's own account, so the person must hold there, or by business role, what
 * the definition asks for; a definition that asks for nothing is open to whoever may open the board.
 */
export function maySee(person: Person, kpi: KpiDefinition): boolean {
  if (!person.active) return false
  const { businessRoles, rights } = kpi.access
  if (businessRoles.length === 0 && Object.keys(rights).length === 0) return true
  return holdsRole(person, kpi.access) || holdsRight(person, kpi.access)
}

function holdsRole(person: Person, access: Access): boolean {
  return access.businessRoles.some(role => person.businessRoles.includes(role))
}

function holdsRight(person: Person, access: Access): boolean {
  return Object.entries(access.rights).some(([system, roles]) =>
    person.systems[system]?.roles.some(role => roles.includes(role)),
  )
}
