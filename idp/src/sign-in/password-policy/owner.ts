import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { Text } from '../../oidc/tables.ts'

/** A person as far as a password may not tell of them. */
export type PasswordOwner = {
  id: string
  username: string
  name: Text
  email: string
  phone: string | null
  /** The name of the company, as the top of the directory has it. */
  company: Text | null
  passwordHash: string | null
}

/** Whose password it is. */
export async function readPasswordOwner(db: Kysely<Schema>, personId: string): Promise<PasswordOwner | undefined> {
  const { rows } = await sql<PasswordOwner>`
    select p.id, p.username, p.name, p.email, p.phone, p.password_hash as "passwordHash",
      (select top.name from department d join department top on top.id = d.path[1] where d.id = p.department_id) as company
    from person p where p.id = ${personId}`.execute(db)
  return rows[0]
}
