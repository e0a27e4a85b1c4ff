import { randomBytes } from 'node:crypto'
import { now } from '@atrium/platform/clock'
import { open, seal, sha256 } from '@atrium/platform/secrets'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'

// As long as somebody may look for a security key; the browser's own dialog ends earlier.
const seconds = 300

/** What a challenge is for: `holder` is the sign-in page or the enrolment that asked, `personId` who must answer, if that is known. */
export type ChallengeFor = {
  purpose: 'passkey_enrolment' | 'passkey_sign_in'
  holder: string
  personId: string | null
}

/** Makes a challenge that waits five minutes for its answer. One holder has one: an earlier one is void. */
export async function issueChallenge(db: Kysely<Schema>, of: ChallengeFor, key: Buffer): Promise<string> {
  const challenge = randomBytes(32).toString('base64url')
  const end = new Date(now().getTime() + seconds * 1000)
  await sql`
    insert into factor_challenge (id_hash, purpose, person_id, secret_sealed, expires_at)
    values (${hashOf(of)}, ${of.purpose}, ${of.personId}, ${seal(challenge, key)}, ${end})
    on conflict (id_hash) do update set person_id = excluded.person_id, secret_sealed = excluded.secret_sealed,
      expires_at = excluded.expires_at`.execute(db)
  return challenge
}

/**
 * Takes the challenge that waits, whatever becomes of its answer: of ten simultaneous answers one gets it.
 * @returns undefined when there is none, it has expired, or it was made for somebody else
 */
export async function takeChallenge(db: Kysely<Schema>, of: ChallengeFor, key: Buffer): Promise<string | undefined> {
  const { rows } = await sql<{ secret_sealed: string }>`
    delete from factor_challenge
    where id_hash = ${hashOf(of)} and person_id is not distinct from ${of.personId} and expires_at > ${now()}
    returning secret_sealed`.execute(db)
  return rows[0] && open(rows[0].secret_sealed, key)
}

function hashOf({ purpose, holder }: ChallengeFor): string {
  return sha256(`${purpose}|${holder}`)
}
