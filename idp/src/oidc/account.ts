import type { Kysely } from '@atrium/platform/database'
import type { Account, AccountClaims } from 'oidc-provider'
import type { Schema } from '../database/schema.ts'
import { findAccountById } from '../directory/accounts.ts'
import { effectiveRights } from '../roles/effective.ts'
import { portal } from './clients.ts'

type Person = NonNullable<Awaited<ReturnType<typeof findAccountById>>>
type Rights = Awaited<ReturnType<typeof effectiveRights>>

/** A person as oidc-provider sees one. */
export type PersonAccount = Account & { person: Person; rights(): Promise<Rights> }

/** Finds the active person behind a token or session; somebody deactivated is nobody, which ends refreshes at once. */
export function accounts(db: Kysely<Schema>) {
  return async function findAccount(id: string, clientId?: string): Promise<PersonAccount | undefined> {
    const person = await findAccountById(db, id)
    if (!person?.active) return undefined
    let rights: Promise<Rights> | undefined
    const account: PersonAccount = {
      accountId: person.id,
      person,
      rights: () => {
        rights ??= effectiveRights(db, person.id)
        return rights
      },
      claims: async use => ({
        ...profile(person),
        ...(use === 'id_token' && clientId && clientId !== portal
          ? { native_id: await nativeId(account, clientId) }
          : {}),
      }),
    }
    return account
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
  }
}

/** Claims of an access token for our own API: Keycloak's shape, which its client libraries read. */
export async function apiClaims(account: PersonAccount): Promise<Record<string, unknown>> {
  const rights = await account.rights()
  const systems = Object.entries(rights.systems).filter(([, right]) => right.roles.length > 0)
  return {
    preferred_username: account.person.username,
    name: nameOf(account.person),
    realm_access: { roles: rights.businessRoles },
    resource_access: Object.fromEntries(systems.map(([system, right]) => [system, { roles: right.roles }])),
  }
}

/** Claims of an access token for one system. */
export async function systemClaims(account: PersonAccount, system: string): Promise<Record<string, unknown>> {
  return {
    preferred_username: account.person.username,
    name: nameOf(account.person),
    native_id: await nativeId(account, system),
  }
}

/** The id of a person in a system, when there is an account. */
export async function nativeId(account: PersonAccount, system: string): Promise<string | undefined> {
  return (await account.rights()).systems[system]?.id ?? undefined
}

function nameOf(person: Person): string {
  return person.locale?.startsWith('en') ? person.name.en : person.name.zh
}
