import { now } from '@atrium/platform/clock'
import { Problem } from '@atrium/platform/problem'
import type { Context } from 'koa'
import { type Kysely, sql } from 'kysely'
import { bearerToken } from '../admin/caller.ts'
import { operationOf } from '../admin/operation.ts'
import type { Schema } from '../database/schema.ts'
import type { Deps } from '../deps.ts'
import type { Actor } from '../directory/tables.ts'
import type { Text } from '../oidc/tables.ts'

/** A person who calls about themself, and the session behind the token. `authTime` is the moment of the last proof of identity. */
export type PersonCaller = {
  person: { id: string; username: string; name: Text }
  session: { uid: string; acr: '1' | '2'; authTime: Date }
  /** For the audit log. */
  actor: Actor
  ip: string
}

/** Declares an operation of the account API, with the handler's types taken from the schemas. */
export const accountOperation = operationOf<PersonCaller>()

/** Seconds within which a proof of identity counts as fresh. */
export const freshSeconds = 900

/**
 * Lets a person in with an access token of their own for Atrium's API, while its session lives and the person is active. Both are
 * read from the database at each request.
 * @throws Problem 401 `invalid_token`, 403 `person_only`
 */
export async function admitSelf({ db, tokens }: Deps, ctx: Context): Promise<PersonCaller> {
  const claims = await tokens.verifyAccessToken(bearerToken(ctx))
  // A client's own token belongs to no session, and one that was exchanged is for acting in systems, not on the account.
  if (claims.sid === undefined || claims.act)
    throw new Problem(403, 'person_only', {
      zh: '只有本人登录后才能调用；客户端请使用管理接口',
      en: 'Only a person who signed in may call this; clients use the admin API',
    })
  const { rows } = await sql<{
    id: string
    username: string
    name: Text
    uid: string
    acr: string | null
    loginTs: number | null
  }>`
    select p.id, p.username, p.name, s.uid, s.payload->>'acr' as acr, (s.payload->>'loginTs')::bigint as "loginTs"
    from oidc_model s join person p on p.id = s.account_id and p.active
    where s.model = 'Session' and s.account_id = ${claims.sub} and s.expires_at > ${now()}
      and s.payload #>> array['authorizations', ${claims.client_id}::text, 'sid'] = ${claims.sid}`.execute(db)
  const row = rows[0]
  if (!row)
    throw new Problem(
      401,
      'invalid_token',
      { zh: '这次登录已经结束，请重新登录', en: 'The session of this token has ended: sign in again' },
      { headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' } },
    )
  const { id, username, name } = row
  return {
    person: { id, username, name },
    session: { uid: row.uid, acr: row.acr === '2' ? '2' : '1', authTime: new Date((row.loginTs ?? 0) * 1000) },
    actor: { id, name: name.zh, kind: 'person' },
    ip: ctx.ip,
  }
}

/**
 * Lets go on only who has proved their identity within the last 15 minutes, with a second factor if they have one. For operations that
 * change how somebody signs in.
 * @throws Problem 403 `reauthentication_required` with `acr` and `maxAge`: sign in again so, then repeat
 */
export async function requireFresh(caller: PersonCaller, db: Kysely<Schema>): Promise<void> {
  const { rows } = await sql<{
    held: boolean
  }>`select exists (select 1 from factor where person_id = ${caller.person.id}) as held`.execute(db)
  const acr = rows[0]?.held ? '2' : '1'
  const age = (now().getTime() - caller.session.authTime.getTime()) / 1000
  if (age <= freshSeconds && caller.session.acr >= acr) return
  throw new Problem(
    403,
    'reauthentication_required',
    {
      zh: acr === '2' ? '请先重新登录，并完成第二步验证' : '请先重新登录',
      en: acr === '2' ? 'Sign in again first, with your second factor' : 'Sign in again first',
    },
    { acr, maxAge: freshSeconds },
  )
}
