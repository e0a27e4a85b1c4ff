import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { parsePolicy, type SignInPolicy } from '../policy.ts'

/** Whether a passkey may be all that somebody signs in with. */
export function isPasskeyEnough({ passkeyAlone, secondFactor }: SignInPolicy): boolean {
  return passkeyAlone && secondFactor.offered.includes('passkey')
}

/** The same, by the policy of this moment. */
export async function passkeyIsEnough(db: Kysely<Schema>): Promise<boolean> {
  // The logo is of no use here and may be large.
  const { rows } = await sql<{ policy: unknown }>`select policy - 'branding' as policy from sign_in_policy`.execute(db)
  return isPasskeyEnough(parsePolicy(rows[0]?.policy))
}
