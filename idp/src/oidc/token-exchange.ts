import { audit } from '@atrium/platform/audit'
import type { Kysely } from '@atrium/platform/database'
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider'
import type { Schema } from '../database/schema.ts'
import { type AccessClaims, type AccessTokens, accessTokenSeconds } from './access-token.ts'
import { type accounts, nativeId, type PersonAccount, systemClaims } from './account.ts'
import { tokenExchange } from './clients.ts'
import { systemOf } from './resources.ts'
import { sessionLives } from './sessions.ts'

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const jwtType = 'urn:ietf:params:oauth:token-type:jwt'
const parameters = [
  'subject_token',
  'subject_token_type',
  'requested_token_type',
  'audience',
  'resource',
  'scope',
  'actor_token',
  'actor_token_type',
]

type Options = { db: Kysely<Schema>; tokens: AccessTokens; findAccount: ReturnType<typeof accounts> }

/**
 * Token exchange (RFC 8693): the gateway trades a person's access token for one that a single system accepts. The new
 * token says who the person is there (`native_id`) and who acts (`act`); it never carries more than that person has.
 */
export function registerTokenExchange(provider: Provider, options: Options): void {
  provider.registerGrantType(tokenExchange, ctx => exchange(ctx, options), parameters)
}

async function exchange(ctx: KoaContextWithOIDC, options: Options): Promise<void> {
  const client = ctx.oidc.client
  if (!client) throw new errors.InvalidClient('client authentication is required')
  const params = ctx.oidc.params as Record<string, string | undefined>
  const system = requestedSystem(params)
  const subject = await verifySubject(params, options)
  const account = await requireLivePerson(subject, options)
  await requireAccountIn(system, { account, clientId: client.clientId, ip: ctx.ip }, options)
  const token = await options.tokens.signAccessToken({
    ...systemClaims(account, system),
    sub: account.accountId,
    client_id: client.clientId,
    aud: params.audience ?? (params.resource as string),
    sid: subject.sid,
    act: { sub: client.clientId },
  })
  await audit(options.db, {
    actor: actorOf(account),
    action: 'token.exchanged',
    target: { type: 'system', id: system },
    outcome: 'success',
    detail: { client: client.clientId },
    ip: ctx.ip,
  })
  ctx.body = {
    access_token: token,
    issued_token_type: accessTokenType,
    token_type: 'Bearer',
    expires_in: accessTokenSeconds,
  }
}

function requestedSystem(params: Record<string, string | undefined>): string {
  const wanted = params.requested_token_type
  if (wanted && wanted !== accessTokenType && wanted !== jwtType)
    throw new errors.InvalidRequest('only access tokens are issued')
  if (params.actor_token)
    throw new errors.InvalidRequest('the actor is the authenticated client; actor_token is not taken')
  if (params.audience && params.resource && params.audience !== params.resource) {
    throw new errors.InvalidTarget('audience and resource name two different systems')
  }
  const system = systemOf(params.audience ?? params.resource ?? '')
  if (!system) throw new errors.InvalidTarget('audience must name one system, urn:atrium:system:<id>')
  return system
}

async function verifySubject(params: Record<string, string | undefined>, options: Options): Promise<AccessClaims> {
  if (!params.subject_token) throw new errors.InvalidRequest("missing required parameter 'subject_token'")
  if (params.subject_token_type !== accessTokenType && params.subject_token_type !== jwtType) {
    throw new errors.InvalidRequest(`subject_token_type must be ${accessTokenType}`)
  }
  try {
    // Only tokens for our own API: one made for a system must not be traded for another system's.
    return await options.tokens.verifyAccessToken(params.subject_token)
  } catch {
    throw new errors.InvalidGrant('subject_token is not a valid access token of this issuer for the API')
  }
}

async function requireLivePerson(subject: AccessClaims, options: Options): Promise<PersonAccount> {
  const account = await options.findAccount(subject.sub)
  if (!account || !subject.sid) throw new errors.InvalidGrant('the subject is not an active person')
  if (!(await sessionLives(options.db, subject.sub, subject.sid)))
    throw new errors.InvalidGrant('the session of the subject has ended')
  return account
}

async function requireAccountIn(
  system: string,
  request: { account: PersonAccount; clientId: string; ip: string },
  { db }: Options,
): Promise<void> {
  const { person } = request.account
  if (nativeId(person, system) && (person.systems?.[system]?.roles.length ?? 0) > 0) return
  const known = await db.selectFrom('application').select('id').where('id', '=', system).executeTakeFirst()
  if (!known) throw new errors.InvalidTarget('there is no such system')
  await audit(db, {
    actor: actorOf(request.account),
    action: 'token.exchanged',
    target: { type: 'system', id: system },
    outcome: 'refused',
    detail: { client: request.clientId, reason: 'no active account in this system' },
    ip: request.ip,
  })
  throw new errors.AccessDenied('the person has no active account in this system')
}

function actorOf(account: PersonAccount): { id: string; name: string; kind: 'person' } {
  return { id: account.accountId, name: account.person.name.zh, kind: 'person' }
}
