import type { Kysely } from 'kysely'
import type { Account, AccountClaims } from 'oidc-provider'
import type { Schema } from '../database/schema.ts'
import { portal } from './clients.ts'
import { findPerson, type Person } from './person.ts'
import { authorizationWork, tokenWork } from './request-work.ts'

/** A person as oidc-provider sees one. */
export type PersonAccount = Account & { person: Person }

/** Finds the active person behind a token or session; somebody deactivated is nobody, which ends refreshes at once. */
export function accounts(db: Kysely<Schema>) {
  return async function findAccount(id: string, clientId?: string): Promise<PersonAccount | undefined> {
    const ahead = tokenWork()?.person ?? authorizationWork()?.person
    const person = ahead?.id === id ? ahead : await findPerson(db, id)
    if (!person?.active) return undefined
    return {
      accountId: person.id,
      person,
      claims: async use => ({
        ...profile(person),
        ...(use === 'id_token' && clientId && clientId !== portal ? { native_id: nativeId(person, clientId) } : {}),
      }),
    }
  }
}

/** The standard claims of OpenID Connect Core §5.1 that we know. */
export function profile(person: Person): AccountClaims {
  return {
    sub: person.id,
    preferred_username: person.username,
    name: nameOf(person),
    ...(person.locale ? { locale: person.locale } : {}),
    ...(person.email ? { email: person.email, email_verified: true } : {}),
    ...(person.phone ? { phone_number: person.phone, phone_number_verified: true } : {}),
  }
}

/** Claims of an access token for our own API: Keycloak's shape, which its client libraries read. */
export function apiClaims({ person }: PersonAccount): Record<string, unknown> {
  const systems = Object.entries(person.systems ?? {}).filter(([, right]) => right.roles.length > 0)
  return {
    preferred_username: person.username,
    name: nameOf(person),
    realm_access: { roles: person.roles ?? [] },
    resource_access: Object.fromEntries(systems.map(([system, { roles }]) => [system, { roles }])),
  }
}

/** Claims of an access token for one system. */
export function systemClaims({ person }: PersonAccount, system: string): Record<string, unknown> {
  return { preferred_username: person.username, name: nameOf(person), native_id: nativeId(person, system) }
}

/** The id of a person in a system, when there is an account. */
export function nativeId(person: Person, system: string): string | undefined {
  return person.systems?.[system]?.id ?? undefined
}

function nameOf(person: Person): string {
  return person.locale?.startsWith('en') ? person.name.en : person.name.zh
}
