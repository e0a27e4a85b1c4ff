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

/** Stores the same password's hash made anew; if the password was changed meanwhile, that one stays. */
export async function renewPasswordHash(
  db: Kysely<Schema>,
  id: string,
  hash: { from: string; to: string },
): Promise<void> {
  await db
    .updateTable('person')
    .set({ password_hash: hash.to })
    .where('id', '=', id)
    .where('password_hash', '=', hash.from)
    .execute()
}

function accountQuery(db: Kysely<Schema>) {
  return db
    .selectFrom('person')
    .select(['id', 'username', 'name', 'email', 'locale', 'active', 'password_hash as passwordHash'])
}
