import { now } from '@atrium/platform/clock'
import type { Kysely } from '@atrium/platform/database'
import { log } from '@atrium/platform/log'
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import { sql } from 'kysely'
import type { Config } from '../../config.ts'
import type { Schema } from '../../database/schema.ts'
import type { Text } from '../../oidc/tables.ts'
import type { Method } from '../steps/methods.ts'
import { type ChallengeFor, issueChallenge, takeChallenge } from './challenge.ts'
import { relyingPartyId, signInOrigin } from './relying-party.ts'
import type { AuthenticationResponse } from './response.ts'
import { webAuthn } from './web-authn.ts'

type Parts = { db: Kysely<Schema>; config: Config }

/** Which page asks, and for a second factor whom. A passkey that signs in alone must verify its user. */
export type Asked = { holder: string; personId: string | null }

type Owner = { id: string; name: Text }

/** What came of an answer. `owner` is whose passkey it is, as far as that is known; for the audit log only. */
export type PasskeyOutcome =
  | { kind: 'proved'; personId: string; methods: Method[] }
  | { kind: 'expired' }
  | { kind: 'refused'; reason: RefusalReason; owner?: Owner }

/** Why an answer was refused, in the audit log; the page never tells which. */
export type RefusalReason = 'unknown_passkey' | 'inactive' | 'wrong_passkey' | 'passkey_counter'

/** What a browser needs to ask for a passkey (Web Authentication Level 3 §5.5). Alone, nobody is named: it tells nothing of anyone. */
export async function authenticationOptions(
  { db, config }: Parts,
  asked: Asked,
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const challenge = await issueChallenge(db, challengeFor(asked), config.ENCRYPTION_KEY)
  const { generateAuthenticationOptions } = await webAuthn()
  return await generateAuthenticationOptions({
    rpID: relyingPartyId(config),
    challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
    userVerification: asked.personId === null ? 'required' : 'preferred',
    allowCredentials: asked.personId === null ? [] : await passkeysOf(db, asked.personId),
    timeout: 120_000,
  })
}

/** Takes the answer to the challenge that waits, and checks it (§7.2). */
export async function authenticatePasskey(
  { db, config }: Parts,
  asked: Asked,
  response: AuthenticationResponse,
): Promise<PasskeyOutcome> {
  const challenge = await takeChallenge(db, challengeFor(asked), config.ENCRYPTION_KEY)
  if (!challenge) return { kind: 'expired' }
  const passkey = await findPasskey(db, response.id)
  if (!passkey) return { kind: 'refused', reason: 'unknown_passkey' }
  const { owner, active, credential } = passkey
  const userHandle = response.response.userHandle ?? undefined
  const alone = asked.personId === null
  // §7.2 step 6: an authenticator that found the passkey by itself must say for whom, and it must be its owner.
  const isOwners = userHandle === undefined ? !alone : userHandle === credential.userHandle
  if (!isOwners || (!alone && owner.id !== asked.personId)) return { kind: 'refused', reason: 'wrong_passkey', owner }
  const verified = await verify(response, challenge, credential, alone, config)
  if (!verified) return { kind: 'refused', reason: 'wrong_passkey', owner }
  // Whose passkey is theirs no more hears it as late as whoever signs wrongly.
  if (!active) return { kind: 'refused', reason: 'inactive', owner }
  if (!(await takeCount(db, passkey.id, verified.newCounter)))
    return { kind: 'refused', reason: 'passkey_counter', owner }
  return { kind: 'proved', personId: owner.id, methods: verified.userVerified ? ['hwk', 'user'] : ['hwk'] }
}

function challengeFor({ holder, personId }: Asked): ChallengeFor {
  return { purpose: 'passkey_sign_in', holder, personId }
}

/** What is stored of a passkey besides its id and counter. */
type Stored = { publicKey: string; userHandle: string; transports: string[] }

type Passkey = { id: string; owner: Owner; active: boolean; credential: Stored }

async function findPasskey(db: Kysely<Schema>, credentialId: string): Promise<Passkey | undefined> {
  const { rows } = await sql<Passkey>`
    select f.id, jsonb_build_object('id', p.id, 'name', p.name) as owner, p.active, f.credential
    from factor f join person p on p.id = f.person_id
    where f.credential_id = ${credentialId} and f.kind = 'passkey'`.execute(db)
  return rows[0]
}

async function passkeysOf(db: Kysely<Schema>, personId: string): Promise<{ id: string; transports?: string[] }[]> {
  const { rows } = await sql<{ id: string; transports: string[] }>`
    select credential_id as id, credential->'transports' as transports from factor
    where person_id = ${personId} and kind = 'passkey' order by last_used_at desc nulls last`.execute(db)
  return rows
}

async function verify(
  response: AuthenticationResponse,
  challenge: string,
  { publicKey }: Stored,
  requireUserVerification: boolean,
  config: Config,
) {
  try {
    const { verifyAuthenticationResponse } = await webAuthn()
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        ...response,
        response: { ...response.response, userHandle: response.response.userHandle ?? undefined },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: signInOrigin(config),
      expectedRPID: relyingPartyId(config),
      requireUserVerification,
      // The counter is compared where it is stored (`takeCount`): two answers at once must not both pass.
      credential: { id: response.id, publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')), counter: 0 },
    })
    return verified ? authenticationInfo : undefined
  } catch (error) {
    // The library throws whatever is wrong with an answer, from a foreign origin to broken CBOR.
    log('idp').info({ reason: (error as Error).message }, 'a passkey was refused')
    return undefined
  }
}

/**
 * Notes the use, if the signature counter has grown, or the authenticator keeps none (0 for ever).
 * @returns false when it has not: there may be a copy of the authenticator (§6.1.1)
 */
async function takeCount(db: Kysely<Schema>, factorId: string, counter: number): Promise<boolean> {
  const { rows } = await sql`
    update factor set counter = ${counter}, last_used_at = ${now()}
    where id = ${factorId} and (counter < ${counter} or (${counter} = 0 and counter <= 0)) returning 1`.execute(db)
  return rows.length > 0
}
