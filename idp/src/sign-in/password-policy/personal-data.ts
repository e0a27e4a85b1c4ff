import type { Text } from '../../oidc/tables.ts'
import { normalisePassword } from '../password.ts'
import type { PasswordOwner } from './owner.ts'

// Shorter Latin parts (`wei`, `ann`) are found by chance in good passwords; there they count only as the whole of it.
const shortestInside = 4
const phoneDigits = 6

/**
 * Whether a password holds what others know of its owner: user name, names in both languages and in either order, mail, phone,
 * employee id, company. Case, separators and leetspeak hide nothing.
 * @param company the company's name on the sign-in page, where it differs from the directory's
 */
export function holdsPersonalData(plain: string, person: PasswordOwner, company: Text | null = null): boolean {
  const typed = fold(plain)
  const forms = [typed, unleet(typed)]
  const digits = plain.normalize('NFKC').replace(/\D/g, '')
  const { words, short } = knownOf(person, company)
  if (words.some(word => forms.some(form => form.includes(word)))) return true
  const letters = forms.map(form => form.replace(/[^\p{L}]/gu, ''))
  if (short.some(word => letters.includes(word))) return true
  const phone = person.phone?.replace(/\D/g, '') ?? ''
  return phone.length >= phoneDigits && digits.includes(phone.slice(-phoneDigits))
}

function knownOf(person: PasswordOwner, company: Text | null): { words: string[]; short: string[] } {
  const [mailbox = '', domain = ''] = person.email.split('@')
  const names = [person.username, person.name.en, mailbox].map(parts)
  const firms = [person.company, company].filter(one => one !== null)
  const latin = [
    ...names.flatMap(some => [...some, some.join(''), [...some].reverse().join('')]),
    ...firms.flatMap(one => [...parts(one.en).filter(word => !legalForms.has(word)), parts(one.en).join('')]),
    ...parts(domain.split('.').at(-2) ?? ''),
    fold(person.id),
  ]
  const han = [person.name.zh, ...firms.map(one => one.zh)].map(fold).filter(one => [...one].length >= 2)
  return {
    words: [...latin.filter(word => word.length >= shortestInside), ...han],
    short: latin.filter(word => word.length >= 2 && word.length < shortestInside),
  }
}

// Words of company names that say nothing of the company.
const legalForms = new Set(['company', 'group', 'limited', 'corporation', 'holding', 'gmbh', 'incorporated'])

/** The words of a name, folded. */
function parts(name: string): string[] {
  return name
    .split(/[^\p{L}\p{N}]+/u)
    .map(fold)
    .filter(Boolean)
}

/** In lower case, without accents, spaces and signs. */
function fold(text: string): string {
  return normalisePassword(text)
    .toLowerCase()
    .normalize('NFD')
    .replace(/[^\p{L}\p{N}@$!]/gu, '')
}

function unleet(text: string): string {
  return text.replace(/[@43015$!7]/g, sign => letters[sign] ?? sign)
}

const letters: Record<string, string> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '0': 'o',
  '1': 'i',
  '5': 's',
  $: 's',
  '!': 'i',
  '7': 't',
}
