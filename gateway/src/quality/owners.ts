import { z } from 'zod'
import type { Person } from '../access/person.ts'
import type { RaisedTo } from '../inbox/raise.ts'

const owner = z.union([
  z.strictObject({ businessRole: z.string().min(1) }),
  z.strictObject({ person: z.string().min(1).describe('username') }),
])

/** `owners` of a system in systems.yaml: who answers for its data, by type; `default` for the types not named. */
export const owners = z.record(z.string(), owner)

/** Who answers for the records of one type of one system. */
export type Owner = z.infer<typeof owner>

/** Records a rule may find faulty in a day before its owner is told. */
export const faultsPerDay = 20

/** What of a system's definition says whose its data are. */
export interface Ownership {
  owners: z.infer<typeof owners>
  faultsPerDay: number
}

const administrators: Owner = { businessRole: 'administrator' }

/** The owner of a type; administrators where nobody is named. */
export function ownerOf(ownership: Ownership | undefined, type: string): Owner {
  return ownership?.owners[type] ?? ownership?.owners.default ?? administrators
}

/** Whether a person answers for what this owner answers for. */
export function isOwner(owner: Owner, person: Person): boolean {
  return 'person' in owner ? owner.person === person.username : person.businessRoles.includes(owner.businessRole)
}

/** One owner, as a text that tells owners apart. */
export function ownerName(owner: Owner): string {
  return 'person' in owner ? owner.person : owner.businessRole
}

/** Whom a message to this owner goes to. @param idOf the id behind a username; undefined = nobody of that name */
export function recipientOf(owner: Owner, idOf: (username: string) => string | undefined): RaisedTo {
  if ('businessRole' in owner) return owner
  const id = idOf(owner.person)
  return { personIds: id === undefined ? [] : [id] }
}
