import type { Kysely } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { normalisePassword } from '../password.ts'
import type { SignInPolicy } from '../policy.ts'
import { isCommon } from './common.ts'
import { longestPassword, type PasswordFault } from './faults.ts'
import { wasUsedBefore } from './history.ts'
import type { PasswordOwner } from './owner.ts'
import { holdsPersonalData } from './personal-data.ts'

/**
 * Everything that is wrong with a password that this person wants to have; nothing when it may be set.
 * @throws Problem 503 `busy` when too many passwords are being hashed
 */
export async function checkPassword(
  db: Kysely<Schema>,
  policy: SignInPolicy,
  person: PasswordOwner,
  plain: string,
): Promise<PasswordFault[]> {
  const rules = policy.password
  const length = countCharacters(normalisePassword(plain))
  // What is far too long is not looked at any further: that is what it would have cost us.
  if (length > longestPassword || plain.length > longestPassword * 5) return ['too_long']
  const faults: PasswordFault[] = []
  if (length < rules.minLength) faults.push('too_short')
  if (rules.refuseCommon && isCommon(plain)) faults.push('common')
  if (rules.refusePersonalData && holdsPersonalData(plain, person, policy.branding.name)) faults.push('personal_data')
  if (await wasUsedBefore(db, rules.history, person, plain)) faults.push('used_before')
  return faults
}

/** Characters as a person counts them: an emoji of four parts is one, and so is a letter with its accent. */
export function countCharacters(text: string): number {
  let count = 0
  for (const _ of segmenter.segment(text)) count += 1
  return count
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
