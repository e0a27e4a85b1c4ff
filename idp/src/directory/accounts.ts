import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Text } from '../oidc/tables.ts'

/** What sign-in needs to know of a person. */
export type Account = {
  id: string
  username: string
  name: Text
  email: string
  locale: string | null
  active: boolean
  passwordHash: string | null
}

/** The account with this user name, in whatever case it was typed. */
export async function findAccountByUsername(db: Kysely<Schema>, username: string): Promise<Account | undefined> {
  return (await accountQuery(db).where(sql<string>`lower(username)`, '=', username.toLowerCase()).execute())[0]
}

/** The account of this employee id. */
export async function findAccountById(db: Kysely<Schema>, id: string): Promise<Account | undefined> {
  return (await accountQuery(db).where('id', '=', id).execute())[0]
}

/** Stores a new password's hash. Sessions are the caller's matter. */
export async function setPasswordHash(db: Kysely<Schema>, id: string, hash: string): Promise<void> {
  await db.updateTable('person').set({ password_hash: hash }).where('id', '=', id).execute()
}

function accountQuery(db: Kysely<Schema>) {
  return db
    .selectFrom('person')
    .select(['id', 'username', 'name', 'email', 'locale', 'active', 'password_hash as passwordHash'])
}
