import { open } from '@atrium/platform/secrets'
import type { MailContent } from '../../../mail/delivery.ts'
import type { MailKind } from '../../../mail/mail.ts'
import type { TestIdp } from '../../../oidc/testing/idp.ts'

/** The newest mail of a kind to a person, opened; undefined while there is none. */
export async function readMailOf(
  idp: TestIdp,
  personId: string,
  kind: MailKind,
): Promise<(MailContent & { id: string; subject: string; state: string; language: string }) | undefined> {
  const row = await idp.service.deps.db
    .selectFrom('mail')
    .select(['id', 'subject', 'state', 'language', 'content_sealed'])
    .where('person_id', '=', personId)
    .where('kind', '=', kind)
    .orderBy('created_at', 'desc')
    .executeTakeFirst()
  if (!row) return undefined
  const { content_sealed, ...mail } = row
  return { ...(JSON.parse(open(content_sealed, idp.config.ENCRYPTION_KEY)) as MailContent), ...mail }
}
