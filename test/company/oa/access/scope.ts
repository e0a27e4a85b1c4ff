import type { SQLInputValue } from 'node:sqlite'
import type { Caller } from './caller.ts'

/** An SQL condition with its parameters. */
export type Condition = { text: string; params: SQLInputValue[] }

const everything: Condition = { text: '1', params: [] }
const nothing: Condition = { text: '0', params: [] }

/** Users of the caller's department and of those below it. */
const BELOW = 'SELECT u.user_id FROM user u, json_each(u.department_path) d WHERE d.value = ?'

/**
 * Which rows a caller may see: Staff own ones, Approver those of their department and below, Admin all;
 * Finance all of those that `financeSees`.
 * @param owners columns that name whose row it is; from code, never from a request
 */
export function visibleRows(caller: Caller, owners: string[], financeSees: Condition = nothing): Condition {
  if (caller.kind === 'service' || caller.user.roles.includes('Admin')) return everything
  const { userId, department, roles } = caller.user
  if (roles.length === 0) return nothing
  const own: Condition[] = owners.map(column => ({ text: `${column} = ?`, params: [userId] }))
  const below: Condition[] = roles.includes('Approver')
    ? owners.map(column => ({ text: `${column} IN (${BELOW})`, params: [department] }))
    : []
  return anyOf([...own, ...below, ...(roles.includes('Finance') ? [financeSees] : [])])
}

export const anyOf = (conditions: Condition[]): Condition => ({
  text: `(${conditions.map(each => each.text).join(' OR ')})`,
  params: conditions.flatMap(each => each.params),
})

export const allOf = (conditions: Condition[]): Condition => ({
  text: conditions.length === 0 ? '1' : conditions.map(each => `(${each.text})`).join(' AND '),
  params: conditions.flatMap(each => each.params),
})

/** `column = value`, or nothing to ask when there is no value. */
export const equal = (column: string, value: SQLInputValue | undefined): Condition[] =>
  value === undefined ? [] : [{ text: `${column} = ?`, params: [value] }]

/** `column IN (values)`; an empty list asks for nothing at all, as a list that was not sent does. */
export const among = (column: string, values: string[]): Condition[] =>
  values.length === 0 ? [] : [{ text: `${column} IN (${values.map(() => '?').join(', ')})`, params: values }]

/** `column` within [from, to). */
export const within = (column: string, from: string | undefined, to: string | undefined): Condition[] => [
  ...(from === undefined ? [] : [{ text: `${column} >= ?`, params: [from] }]),
  ...(to === undefined ? [] : [{ text: `${column} < ?`, params: [to] }]),
]
