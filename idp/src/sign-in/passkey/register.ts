import type { Kysely } from '@atrium/platform/database'
import { log } from '@atrium/platform/log'
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server'
import type { Config } from '../../config.ts'
import type { Schema } from '../../database/schema.ts'
import type { NewFactor } from '../factors.ts'
import type { SignInPolicy } from '../policy.ts'
import { issueChallenge, takeChallenge } from './challenge.ts'
import { relyingPartyId, userHandle } from './relying-party.ts'
import type { RegistrationResponse } from './response.ts'
import { webAuthn } from './web-authn.ts'

/** Enough for every device and key somebody may have; the browser is told all of them. */
export const mostPasskeys = 20

// COSE names of EdDSA, ES256 and RS256: what authenticators of today make. The library's own list changes with the runtime.
const algorithms = [-8, -7, -257]

/** For whom a passkey is made, and by which page or call. */
export type Registration = { personId: string; username: string; displayName: string; holder: string }

/** Who and what an answer is expected from. */
export type Expected = { personId: string; holder: string; origins: string[] }

type Parts = { db: Kysely<Schema>; config: Config }

/** What a browser needs to make a passkey (Web Authentication Level 3 §5.4); undefined when the person has too many. */
export async function registrationOptions(
  { db, config }: Parts,
  { personId, username, displayName, holder }: Registration,
  policy: SignInPolicy,
): Promise<PublicKeyCredentialCreationOptionsJSON | undefined> {
  const held = await db
    .selectFrom('factor')
    .select(['credential_id', 'credential'])
    .where('person_id', '=', personId)
    .where('kind', '=', 'passkey')
    .execute()
  if (held.length >= mostPasskeys) return undefined
  const of = { purpose: 'passkey_enrolment' as const, holder, personId }
  const challenge = await issueChallenge(db, of, config.ENCRYPTION_KEY)
  const { generateRegistrationOptions } = await webAuthn()
  return await generateRegistrationOptions({
    rpName: config.COMPANY_NAME_EN,
    rpID: relyingPartyId(config),
    userID: userHandle(personId, config),
    userName: username,
    userDisplayName: displayName,
    challenge: new Uint8Array(Buffer.from(challenge, 'base64url')),
    attestationType: 'none',
    supportedAlgorithmIDs: algorithms,
    excludeCredentials: held.map(({ credential_id, credential }) => ({
      id: credential_id ?? '',
      ...(Array.isArray(credential?.transports) ? { transports: credential.transports as string[] } : {}),
    })),
    // Only a passkey that the authenticator can find by itself signs in alone.
    authenticatorSelection: {
      residentKey: policy.passkeyAlone ? 'required' : 'preferred',
      userVerification: 'preferred',
    },
    timeout: 120_000,
  })
}

/** A passkey that was made, and whether the authenticator verified who made it. */
export type Registered =
  | { kind: 'made'; passkey: Extract<NewFactor, { kind: 'passkey' }>; userVerified: boolean }
  | { kind: 'expired' | 'refused' | 'known' }

/**
 * Takes the answer to the challenge that waits, and checks it (§7.1). `known`: this very passkey is somebody's already.
 * @param name what the person calls it
 */
export async function register(
  { db, config }: Parts,
  { personId, holder, origins }: Expected,
  response: RegistrationResponse,
  name: string,
): Promise<Registered> {
  const of = { purpose: 'passkey_enrolment' as const, holder, personId }
  const challenge = await takeChallenge(db, of, config.ENCRYPTION_KEY)
  if (!challenge) return { kind: 'expired' }
  const registration = await verified(response, challenge, origins, config)
  if (!registration) return { kind: 'refused' }
  const { credential, userVerified, aaguid, credentialDeviceType, credentialBackedUp } = registration
  const held = db.selectFrom('factor').select('id').where('credential_id', '=', credential.id)
  if (await held.executeTakeFirst()) return { kind: 'known' }
  return {
    kind: 'made',
    userVerified,
    passkey: {
      kind: 'passkey',
      name,
      credentialId: credential.id,
      counter: credential.counter,
      credential: {
        publicKey: Buffer.from(credential.publicKey).toString('base64url'),
        userHandle: Buffer.from(userHandle(personId, config)).toString('base64url'),
        transports: response.response.transports ?? [],
        aaguid,
        deviceType: credentialDeviceType,
        backedUp: credentialBackedUp,
      },
    },
  }
}

/** Whether an error says that this very passkey is somebody's already: two answers may hold the same one. */
export function isKnownPasskey(error: unknown): boolean {
  return (error as { constraint?: string }).constraint === 'factor_credential_id_key'
}

async function verified(response: RegistrationResponse, challenge: string, origins: string[], config: Config) {
  try {
    const { verifyRegistrationResponse } = await webAuthn()
    const { registrationInfo } = await verifyRegistrationResponse({
      response: {
        ...response,
        response: { ...response.response, transports: response.response.transports ?? [] },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: origins,
      expectedRPID: relyingPartyId(config),
      requireUserVerification: false,
      supportedAlgorithmIDs: algorithms,
    })
    return registrationInfo
  } catch (error) {
    // The library throws whatever is wrong with an answer, from a foreign origin to broken CBOR.
    log('idp').info({ reason: (error as Error).message }, 'a new passkey was refused')
    return undefined
  }
}
