import type { Kysely } from '@atrium/platform/database'
import { errors, type KoaContextWithOIDC, interactionPolicy as library } from 'oidc-provider'
import type { Schema } from '../database/schema.ts'
import { reaches, toldLevel, unmet, wantedLevel } from './acr.ts'

/** When a person has to act: to sign in. Nobody is asked for consent, since every registered application is the company's own. */
export function interactionPolicy(db: Kysely<Schema>) {
  const policy = library.base()
  policy.remove('consent')
  // Yet an application may ask for it (`prompt=consent`), as many do that want a refresh token: it is given already.
  const consent = new library.Prompt({ name: 'consent', requestable: true })
  consent.checks.clear()
  policy.add(consent)
  const login = policy.get('login')
  login?.checks.add(
    new library.Check('no_account', 'the person of this session is no longer active', ctx =>
      Boolean(ctx.oidc.session?.accountId && !ctx.oidc.account),
    ),
  )
  // The library compares levels as texts: it would ask somebody with two factors to sign in with one, for ever.
  login?.checks.remove('essential_acrs')
  login?.checks.remove('essential_acr')
  login?.checks.add(
    new library.Check('level', 'the session does not reach the requested level', ctx => missesLevel(db, ctx)),
  )
  return policy
}

/** Whether the session lacks a level that the application demands, or wishes for and this person can reach. */
async function missesLevel(db: Kysely<Schema>, { oidc }: KoaContextWithOIDC): Promise<boolean> {
  const { session, result } = oidc
  const params = oidc.params ?? {}
  const claim = oidc.claims?.id_token?.acr as { essential?: boolean; values?: unknown } | null | undefined
  if (claim?.essential && claim.values !== undefined && !Array.isArray(claim.values))
    throw new errors.InvalidRequest('invalid claims.id_token.acr.values type')
  const wanted = wantedLevel(params)
  if (!wanted || !session?.accountId) return false
  const told = toldLevel(session.acr, params)
  if (told !== session.acr) Object.defineProperty(oidc, 'acr', { value: told, configurable: true })
  if (reaches(session.acr, wanted)) return false
  // Once is enough: a level that the sign-in just now did not bring will not come by asking again.
  if (result?.login && wanted.essential) throw unmet('the requested authentication level could not be reached')
  if (result?.login) return false
  return wanted.essential || (await hasFactor(db, session.accountId))
}

async function hasFactor(db: Kysely<Schema>, personId: string): Promise<boolean> {
  const row = await db.selectFrom('factor').select('id').where('person_id', '=', personId).limit(1).executeTakeFirst()
  return row !== undefined
}
