import { createHmac, hkdfSync, randomInt } from 'node:crypto'
import { now } from '@atrium/platform/clock'
import { type Kysely, sql } from 'kysely'
import type { Schema } from '../database/schema.ts'

// Without 0, 1, I, L and O, which a reader takes for one another.
const alphabet = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
const codes = 10
const groups = 3
const groupLength = 4

/**
 * Gives a person ten new recovery codes of 59 bits each; the earlier ones are void.
 * @returns the codes, which nobody can read again
 */
export async function makeRecoveryCodes(trx: Kysely<Schema>, personId: string, key: Buffer): Promise<string[]> {
  const made = Array.from({ length: codes }, newCode)
  await trx.deleteFrom('recovery_code').where('person_id', '=', personId).execute()
  await trx
    .insertInto('recovery_code')
    .values(made.map(code => ({ person_id: personId, code_hash: hashOf(code, personId, key), made_at: now() })))
    .execute()
  return made
}

/** The codes that come with somebody's first factor; null when the person has unused ones. */
export async function firstRecoveryCodes(trx: Kysely<Schema>, personId: string, key: Buffer): Promise<string[] | null> {
  const { rows } = await sql`
    select 1 from recovery_code where person_id = ${personId} and used_at is null limit 1`.execute(trx)
  return rows.length > 0 ? null : await makeRecoveryCodes(trx, personId, key)
}

/** A recovery code as somebody typed it, in whatever case and grouping; undefined when it can be none. */
export function recoveryCode(typed: unknown): string | undefined {
  const code = typeof typed === 'string' ? typed.toUpperCase().replace(/[\s-]/g, '') : ''
  const valid = code.length === groups * groupLength && [...code].every(char => alphabet.includes(char))
  return valid ? code : undefined
}

/**
 * What is stored of a code. Keyed, so that a stolen copy of the database alone does not let anybody try codes; a slow hash would
 * protect it no better and cost ten hashes at a guess.
 */
export function hashOf(code: string, personId: string, key: Buffer): string {
  const pepper = Buffer.from(hkdfSync('sha256', key, '', 'atrium recovery codes', 32))
  return createHmac('sha256', pepper)
    .update(`${personId}|${code.replaceAll('-', '')}`)
    .digest('base64url')
}

function newCode(): string {
  const group = (): string => Array.from({ length: groupLength }, () => alphabet[randomInt(alphabet.length)]).join('')
  return Array.from({ length: groups }, group).join('-')
}
