import { execute, type Kysely } from '@atrium/platform/database'
import type { Schema } from '../database/schema.ts'
import type { AccessClaims } from './access-token.ts'
import { sessionLives } from './sessions.ts'

const grantSql = `select 1 from oidc_model where model = 'Grant' and id_hash = $1 and expires_at > now()`

/**
 * Whether what an access token stands on is still there: the person's session, and the grant, which goes when the session ends
 * and when a code or refresh token was used twice. A client's own token stands on nothing but itself.
 */
export async function tokenLives(db: Kysely<Schema>, claims: AccessClaims): Promise<boolean> {
  if (claims.sub === claims.client_id && !claims.sid && !claims.grant) return true
  if (!claims.sid && !claims.grant) return false
  if (claims.grant) {
    const { rows } = await execute(db, grantSql, [claims.grant])
    if (rows.length === 0) return false
  }
  return claims.sid === undefined || (await sessionLives(db, claims.sub, claims.sid))
}
