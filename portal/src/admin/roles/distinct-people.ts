import type { RoleShift } from '../answers.ts'

/** How many people a set of gains or losses touches, each counted once. */
export function distinctPeople(shifts: readonly RoleShift[]): number {
  const listed = new Set(shifts.flatMap(shift => shift.people.map(person => person.id)))
  // Only the first 200 of each list are sent; beyond that the longest list is the best lower bound.
  return Math.max(listed.size, ...shifts.map(shift => shift.count), 0)
}
