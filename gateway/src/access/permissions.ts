import type { Dictionary, DictionaryField } from '../schema/dictionary.ts'
import { type Person, personOf, type Viewer } from './person.ts'

/** What a viewer sees of a field. */
export const decisions = { denied: 0, readable: 1, masked: 2 } as const

/** What one viewer may read, decided for all fields of the dictionary before any call leaves. */
export interface Access {
  /** by `DictionaryField.index` */
  readonly table: Uint8Array
  may(field: DictionaryField): boolean
  /** fields that were asked for and denied, as `Type.field` */
  readonly denied: Set<string>
  noteDenied(field: DictionaryField): void
}

const mostTables = 500

/**
 * Decides what viewers may read. People with the same native and business roles share one table, which is computed when it
 * is first needed; nothing in it depends on whose records are asked for (that is the row scope).
 */
export function createPermissions(dictionary: Dictionary): (viewer: Viewer) => Access {
  const tables = new Map<string, Uint8Array>()
  // A person is a new object whenever anything about them changed.
  const ofPeople = new WeakMap<Person, Uint8Array>()
  return viewer => {
    const person = personOf(viewer)
    const known = person && ofPeople.get(person)
    if (known) return accessBy(known)
    const held = rolesOf(viewer)
    const signature = [...held].sort().join(' ')
    let table = tables.get(signature)
    if (!table) {
      table = new Uint8Array(dictionary.fields.map(field => decide(field, held)))
      if (tables.size >= mostTables) tables.delete(tables.keys().next().value as string)
      tables.set(signature, table)
    }
    if (person) ofPeople.set(person, table)
    return accessBy(table)
  }
}

/** The roles that a rule may name: `crm:Rep`, `crm:*`, `role:accountant`, `*`. A client has none: it reads no business data. */
export function rolesOf(viewer: Viewer): Set<string> {
  const person = personOf(viewer)
  if (!person?.active) return new Set()
  const held = new Set(['*', ...person.businessRoles.map(role => `role:${role}`)])
  for (const [system, { id, roles }] of Object.entries(person.systems)) {
    if (id === null) continue
    for (const role of roles) held.add(`${system}:${role}`)
    if (roles.length > 0) held.add(`${system}:*`)
  }
  return held
}

function decide(field: DictionaryField, held: ReadonlySet<string>): number {
  if (field.read.some(rule => held.has(rule))) return decisions.readable
  return field.mask?.roles.some(rule => held.has(rule)) ? decisions.masked : decisions.denied
}

function accessBy(table: Uint8Array): Access {
  const denied = new Set<string>()
  return {
    table,
    denied,
    may: field => table[field.index] === decisions.readable,
    noteDenied: field => void denied.add(`${field.owner}.${field.name}`),
  }
}
