import type { AccountTexts } from '../texts.ts'

/** What the person is about to change in how they sign in. */
export type Doing =
  | { what: 'password' | 'totp' | 'passkey' | 'codes' }
  | { what: 'rename' | 'remove'; factor: string; name: string }

const key = 'atrium.account.doing'
const longestMs = 15 * 60_000

/** Keeps what somebody began while the browser is away at the sign-in page. No secret is ever part of it. */
export function rememberDoing(doing: Doing, personId: string, now = Date.now()): void {
  sessionStorage.setItem(key, JSON.stringify({ doing, personId, until: now + longestMs }))
}

/** What this person began before the browser left for the sign-in page, once. Somebody else may have come back from there. */
export function takeDoing(personId: string, now = Date.now()): Doing | undefined {
  const kept = sessionStorage.getItem(key)
  sessionStorage.removeItem(key)
  if (!kept) return undefined
  try {
    const { doing, ...rest } = JSON.parse(kept) as Partial<Record<string, unknown>>
    const valid = typeof rest.until === 'number' && rest.until > now && rest.personId === personId
    return valid && typeof doing === 'object' && doing ? readDoing(doing) : undefined
  } catch {
    return undefined
  }
}

function readDoing({ what, factor, name }: Partial<Record<string, unknown>>): Doing | undefined {
  if (what === 'password' || what === 'totp' || what === 'passkey' || what === 'codes') return { what }
  if ((what === 'rename' || what === 'remove') && typeof factor === 'string' && typeof name === 'string')
    return { what, factor, name }
  return undefined
}

/** What is being done, as a sentence names it. */
export function doingInWords(t: AccountTexts, doing: Doing): string {
  return 'name' in doing ? t(`me.doing.${doing.what}`, { name: doing.name }) : t(`me.doing.${doing.what}`)
}
