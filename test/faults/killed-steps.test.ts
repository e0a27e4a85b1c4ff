/**
 * kill -9 of the identity provider before each write of a sign-in that has every step: the person reloads the page, goes on where
 * they were, and gets in without beginning again.
 */
import { sql } from '@atrium/platform/database'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { password } from '../../idp/src/oidc/testing/accounts.ts'
import type { TestBrowser } from '../../idp/src/oidc/testing/browser.ts'
import { codeOf, giveTotp, setPolicy } from '../../idp/src/sign-in/testing/walk.ts'
import { type MortalIdp, PatientBrowser, startMortalIdp } from './mortal.ts'

const person = 'e0007'
const newPassword = 'seven green bicycles'

let mortal: MortalIdp
let firstHash: string | null
beforeAll(async () => {
  mortal = await startMortalIdp({})
  const row = await mortal.db.selectFrom('person').select('password_hash').where('id', '=', person).executeTakeFirst()
  firstHash = row?.password_hash ?? null
})
afterAll(() => mortal?.stop())
beforeEach(() => setPolicy(mortal.idp, {}, mortal.db))

/** As if this person had never been here. */
async function begin(o: { mustChange: boolean }): Promise<void> {
  const { db } = mortal
  for (const table of ['sign_in_throttle', 'sign_in_progress', 'factor', 'recovery_code', 'password_history'] as const)
    await db.deleteFrom(table).execute()
  await db
    .updateTable('person')
    .set({ password_hash: firstHash, password_must_change: o.mustChange })
    .where('id', '=', person)
    .execute()
}

type Page = Awaited<ReturnType<TestBrowser['follow']>>

/** Opens the portal's sign-in. */
async function open(browser: TestBrowser): Promise<Page> {
  const { issuer, portal } = mortal.idp
  const query = new URLSearchParams({
    client_id: 'portal',
    redirect_uri: `${portal}/`,
    response_type: 'code',
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })
  return await browser.follow(`${issuer}/protocol/openid-connect/auth?${query}`)
}

/** What was filled in, in order, and where the last page sent the browser: to the application, or to the authorization endpoint. */
type Way = { filled: string[]; end: URL | undefined }

/** Fills in the pages as they come. */
async function goThrough(browser: TestBrowser, page: Page, code: () => string): Promise<Way> {
  const filled: string[] = []
  let { url, response } = page
  while (filled.length < 8) {
    const html = await response.text()
    expect(response.status, html).toBe(200)
    const step = url.pathname.split('/')[5] ?? 'password'
    filled.push(step)
    const shown = (/class="secret">([^<]+)</.exec(html)?.[1] ?? '').replaceAll(' ', '')
    const forms: Record<string, Record<string, string>> = {
      password: { username: 'li.na', password, remember: 'yes' },
      'new-password': { password: newPassword, again: newPassword },
      factor: { otp: step === 'factor' ? code() : '' },
      enrol: { otp: step === 'enrol' ? codeOf(shown) : '' },
      'recovery-codes': {},
    }
    response = await browser.fetch(url, { method: 'POST', body: new URLSearchParams(forms[step]) })
    while (response.status >= 300 && response.status < 400) {
      url = new URL(response.headers.get('location') ?? '', url)
      if (!url.pathname.includes('/sign-in/')) return { filled, end: url }
      response = await browser.fetch(url)
    }
  }
  return { filled, end: undefined }
}

/** What must hold at every moment. */
async function nothingIsHalfDone(): Promise<void> {
  const { rows } = await sql<{ factors: number; codes: number; old: boolean; must: boolean }>`
    select (select count(*)::int from factor where person_id = p.id and kind = 'totp' and name <> 'Phone') as factors,
      (select count(*)::int from recovery_code where person_id = p.id) as codes,
      p.password_hash is not distinct from ${firstHash} as old, p.password_must_change as must
    from person p where p.id = ${person}`.execute(mortal.db)
  const [is] = rows
  expect(is?.codes).toBe((is?.factors ?? 0) * 10)
  if (!is?.old) expect(is?.must).toBe(false)
}

async function succeeded(): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from audit_entry where action = 'sign_in.succeeded'`.execute(mortal.db)
  return rows[0]?.n ?? 0
}

// Within a transaction it is the commit that counts; what comes before it is undone alike.
const writes = /^(with|commit|update sign_in_progress)\b/i

/** Signs in once alive, to learn what is asked of the database, and then once for each write, killed just before it. */
async function atEachWrite(o: {
  mustChange: boolean
  pages: string[]
  code?: () => Promise<() => string>
}): Promise<string[]> {
  const dieAt = async (n: number): Promise<string[]> => {
    await begin(o)
    const code = (await o.code?.()) ?? (() => '')
    const browser = new PatientBrowser({ 'accept-language': 'en' })
    const page = await open(browser)
    const before = await succeeded()
    let way: Way = { filled: [], end: undefined }
    const { statements } = await mortal.killAt(
      n,
      async () => {
        way = await goThrough(browser, page, code)
      },
      nothingIsHalfDone,
    )
    expect(way.filled, `killed before statement ${n}: ${statements.at(-1)}`).toEqual(o.pages)
    const end = way.end?.searchParams.has('code') ? way.end : (await browser.follow(way.end ?? mortal.idp.issuer)).url
    // Killed after everything was written and before the answer left, there is nobody who has the session: that sign-in is over.
    if (!end.searchParams.has('code')) expect(await succeeded(), end.href).toBe(before + 1)
    await nothingIsHalfDone()
    return statements
  }
  const all = await dieAt(Number.MAX_SAFE_INTEGER)
  const killed = [...all.entries()].filter(([, statement]) => writes.test(statement))
  for (const [index] of killed) await dieAt(index + 1)
  return killed.map(([, statement]) => statement)
}

it('idp killed before each write of a sign-in with a second factor: the person goes on', {
  timeout: 240_000,
}, async () => {
  const killed = await atEachWrite({
    mustChange: false,
    pages: ['password', 'factor'],
    code: async () => (await giveTotp(mortal.idp, person, mortal.db)).code,
  })
  expect(killed.length).toBeGreaterThanOrEqual(5)
  expect(killed.some(statement => statement.includes('update factor set counter'))).toBe(true)
})

it('idp killed before each write of a sign-in that sets everything up: the person goes on', {
  timeout: 360_000,
}, async () => {
  await setPolicy(mortal.idp, { secondFactor: { roles: [{ role: 'sales-manager', kinds: ['totp'] }] } }, mortal.db)
  const killed = await atEachWrite({
    mustChange: true,
    pages: ['password', 'new-password', 'enrol', 'recovery-codes'],
  })
  expect(killed.filter(statement => statement === 'commit').length).toBeGreaterThanOrEqual(2)
  expect(killed.length).toBeGreaterThanOrEqual(7)
})
