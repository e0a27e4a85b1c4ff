import { audit } from '@atrium/platform/audit'
import { Problem } from '@atrium/platform/problem'
import type { Context } from 'koa'
import type { Deps } from '../deps.ts'
import type { Actor } from '../directory/tables.ts'
import { administratorRole } from '../directory/transaction.ts'
import { effectiveRights } from '../roles/effective.ts'

/** Who calls. */
export type Caller = { actor: Actor; scopes: string[]; ip: string }

/**
 * Lets administrators and clients with one of the scopes in. A person's right is read from the database at each request:
 * a token issued before it was withdrawn opens nothing.
 * @param scopes the client scopes that suffice
 * @param people whether an administrator may come in, too
 * @throws Problem 401 `invalid_token`, 403 `forbidden`
 */
export async function admit(deps: Deps, ctx: Context, scopes: string[], people = true): Promise<Caller> {
  const claims = await deps.tokens.verifyAccessToken(bearerToken(ctx))
  const held = (claims.scope ?? '').split(' ').filter(Boolean)
  // A client's own token belongs to no session: an employee id that equals a client's id makes nobody a client.
  const client = claims.sub === claims.client_id && claims.sid === undefined
  const actor: Actor = client
    ? { id: claims.sub, kind: 'client' }
    : { id: claims.sub, kind: 'person', name: claims.name ?? claims.preferred_username ?? claims.sub }
  const allowed = client ? scopes.some(scope => held.includes(scope)) : people && (await isAdministrator(deps, actor))
  if (allowed) return { actor, scopes: held, ip: ctx.ip }
  await audit(deps.db, {
    actor,
    action: 'admin.refused',
    target: { type: 'operation', id: `${ctx.method} ${ctx.path}` },
    outcome: 'refused',
    ip: ctx.ip,
  })
  throw forbidden(client, scopes)
}

/** The bearer token of a request. @throws Problem 401 `invalid_token` when there is none */
export function bearerToken(ctx: Context): string {
  const [scheme, jwt] = ctx.get('authorization').split(' ')
  if (scheme?.toLowerCase() !== 'bearer' || !jwt) throw unauthorized()
  return jwt
}

async function isAdministrator({ db }: Deps, actor: Actor): Promise<boolean> {
  const { businessRoles } = await effectiveRights(db, actor.id)
  if (!businessRoles.includes(administratorRole)) return false
  // The name of today, not the one in the token.
  const person = await db.selectFrom('person').select('name').where('id', '=', actor.id).executeTakeFirst()
  actor.name = person?.name.zh ?? actor.id
  return true
}

function unauthorized(): Problem {
  return new Problem(
    401,
    'invalid_token',
    { zh: '请用访问令牌调用（Authorization: Bearer …）', en: 'Call with an access token (Authorization: Bearer …)' },
    { headers: { 'WWW-Authenticate': 'Bearer' } },
  )
}

function forbidden(client: boolean, scopes: string[]): Problem {
  const needed = scopes.join(' / ')
  return client
    ? new Problem(
        403,
        'insufficient_scope',
        { zh: `此客户端的令牌缺少范围 ${needed}`, en: `This client's token lacks the scope ${needed}` },
        { headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"` } },
      )
    : new Problem(403, 'forbidden', {
        zh: '只有系统管理员可以这样做；如需权限，请联系系统管理员',
        en: 'Only administrators may do this; ask one of them if you need to',
      })
}
