import { audit } from '@atrium/platform/audit'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'
import { lockDirectory, settle } from '../directory/transaction.ts'
import type { PersonCaller } from './caller.ts'

/** Sets the language in which a person is spoken to; whoever mirrors the directory hears of it. */
export async function changeLocale(db: Kysely<Schema>, caller: PersonCaller, locale: 'zh-CN' | 'en'): Promise<void> {
  await db.transaction().execute(async (trx: Kysely<Schema>) => {
    await lockDirectory(trx)
    const { numUpdatedRows } = await trx
      .updateTable('person')
      .set({ locale, updated_at: sql`clock_timestamp()` })
      .where('id', '=', caller.person.id)
      .where(eb => eb('locale', 'is distinct from', locale))
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return
    await settle(trx, [caller.person.id])
    await audit(trx, {
      actor: caller.actor,
      action: 'account.locale_changed',
      target: { type: 'person', id: caller.person.id, name: caller.person.name.zh },
      outcome: 'success',
      detail: { locale },
      ip: caller.ip,
    })
  })
}
