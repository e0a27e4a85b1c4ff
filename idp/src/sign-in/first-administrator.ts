import { randomBytes } from 'node:crypto'
import { sha256 } from '@atrium/platform/secrets'
import { sql } from 'kysely'
import type { Deps } from '../deps.ts'
import { importCompany } from '../directory/import.ts'
import { importSchema } from '../directory/import-schema.ts'

const hours = 24

/**
 * On an empty directory with FIRST_ADMINISTRATOR set, makes one administrator without a password. While that person is alone
 * and has none, each start makes a fresh one-time link (24 hours).
 * @returns the link to print, or undefined when there is nothing to offer
 */
export async function offerFirstAdministrator(deps: Deps): Promise<string | undefined> {
  const { db, config } = deps
  if (!config.FIRST_ADMINISTRATOR) return undefined
  const people = await db.selectFrom('person').select(['id', 'password_hash']).limit(2).execute()
  if (people.length === 0) await importCompany(deps, firstCompany(config), { id: 'atrium', kind: 'system' })
  else if (people.length > 1 || people[0]?.password_hash !== null) return undefined
  const personId = people[0]?.id ?? administratorId
  const secret = randomBytes(32).toString('base64url')
  await db.transaction().execute(async trx => {
    await sql`delete from one_time_link where person_id = ${personId}`.execute(trx)
    await sql`insert into one_time_link (secret_hash, person_id, expires_at)
      values (${sha256(secret)}, ${personId}, clock_timestamp() + make_interval(hours => ${hours}))`.execute(trx)
  })
  return `${config.ISSUER}/first-password/${secret}`
}

const administratorId = 'first-administrator'

function firstCompany(config: Deps['config']) {
  const name = { zh: config.COMPANY_NAME_ZH, en: config.COMPANY_NAME_EN }
  return importSchema.parse({
    departments: [{ id: 'company', parentId: null, name }],
    people: [
      {
        id: administratorId,
        username: 'admin',
        name: { zh: '管理员', en: 'Administrator' },
        email: config.FIRST_ADMINISTRATOR,
        departmentId: 'company',
        position: { zh: '系统管理员', en: 'System administrator' },
        managerId: null,
        active: true,
      },
    ],
    businessRoles: [
      {
        id: 'administrator',
        name: { zh: '系统管理员', en: 'Administrator' },
        group: { zh: '管理', en: 'Administration' },
      },
    ],
    assignments: [{ personId: administratorId, roleId: 'administrator', reason: 'First start' }],
  })
}
