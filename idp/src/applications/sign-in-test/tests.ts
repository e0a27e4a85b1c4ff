/**
 * A sign-in that an administrator tries out with the client of an application:
 *
 *   waiting ──callback, in the browser that opened it──► exchanging ──tokens, by the administrator themself──► done
 *      │                                                     ├──tokens, by somebody else──► confirming ──they agree──► done
 *      └──10 minutes──► (expired)                            └──refused, or nothing comes──► failed     └──they do not──► failed
 *
 * Every step is one conditional UPDATE, so that each is taken once, by whatever replica. What is kept opens nothing: the secret of
 * the address and the browser's are hashed, PKCE's verifier and the claims sealed, tokens are thrown away. The claims are shown to
 * administrators, so that a test by somebody else needs their consent: nobody's claims are taken by sending them a link.
 */
import { randomBytes } from 'node:crypto'
import { audit } from '@atrium/platform/audit'
import { now } from '@atrium/platform/clock'
import { open, seal, sha256 } from '@atrium/platform/secrets'
import { type Kysely, type Selectable, sql } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { Actor } from '../../directory/tables.ts'
import type { Text } from '../../oidc/tables.ts'
import type { SignInTestTable } from '../tables.ts'

type Db = Kysely<Schema>

/** A stored test. */
export type SignInTest = Selectable<SignInTestTable>

/** What the answer is checked against: PKCE's verifier and the nonce. */
export type Checks = { verifier: string; nonce: string }

/** Who signed in, and what the application would learn of them. */
export type TestResult = {
  person: { id: string; name: Text }
  idTokenClaims: Record<string, unknown> | null
  accessTokenClaims: Record<string, unknown> | null
  userinfo: Record<string, unknown> | null
}

const livesMs = 600_000
// The claims are personal data, and nobody looks at them for long.
const keptHours = 1

/** Begins a test. @returns its id, and the secret that the address to open holds */
export async function insertTest(
  db: Db,
  key: Buffer,
  o: { application: string; actor: Actor },
): Promise<{ id: string; secret: string }> {
  await sql`delete from sign_in_test where expires_at < now() - make_interval(hours => ${keptHours})`.execute(db)
  const secret = randomBytes(32).toString('base64url')
  const checks: Checks = {
    verifier: randomBytes(32).toString('base64url'),
    nonce: randomBytes(16).toString('base64url'),
  }
  const { id } = await db
    .insertInto('sign_in_test')
    .values({
      application: o.application,
      secret_hash: sha256(secret),
      started_by: JSON.stringify(o.actor),
      checks_sealed: seal(JSON.stringify(checks), key),
      expires_at: new Date(now().getTime() + livesMs),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return { id, secret }
}

/** Binds a test to the browser that opens it first. @returns the test, unless it is spent or another browser's */
export async function openTest(db: Db, secret: string, browser: string): Promise<SignInTest | undefined> {
  const { rows } = await sql<SignInTest>`
    update sign_in_test set browser_hash = ${sha256(browser)}
    where secret_hash = ${sha256(secret)} and state = 'waiting' and expires_at > ${now()}
      and coalesce(browser_hash, ${sha256(browser)}) = ${sha256(browser)}
    returning *`.execute(db)
  return rows[0]
}

/** The test that waits in this browser. */
export async function findOpenTest(db: Db, secret: string, browser: string): Promise<SignInTest | undefined> {
  return await bound(db, secret, browser, 'waiting')
}

/** The test that waits in this browser for somebody's consent. */
export async function findUnconfirmed(db: Db, secret: string, browser: string): Promise<SignInTest | undefined> {
  return await bound(db, secret, browser, 'confirming')
}

async function bound(
  db: Db,
  secret: string,
  browser: string,
  state: 'waiting' | 'confirming',
): Promise<SignInTest | undefined> {
  return await db
    .selectFrom('sign_in_test')
    .selectAll()
    .where('secret_hash', '=', sha256(secret))
    .where('browser_hash', '=', sha256(browser))
    .where('state', '=', state)
    .where('expires_at', '>', now())
    .executeTakeFirst()
}

/** Takes the answer of a test, once. @returns whether it was this caller who took it */
export async function takeAnswer(db: Db, test: SignInTest): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('sign_in_test')
    .set({ state: 'exchanging' })
    .where('id', '=', test.id)
    .where('state', '=', 'waiting')
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Keeps what came until the person who signed in agrees that administrators see it. */
export async function awaitConsent(db: Db, key: Buffer, test: SignInTest, result: TestResult): Promise<void> {
  await db
    .updateTable('sign_in_test')
    .set({ state: 'confirming', result_sealed: seal(JSON.stringify(result), key) })
    .where('id', '=', test.id)
    .where('state', '=', 'exchanging')
    .execute()
}

/** Ends a test well. @returns false when it had ended already */
export async function finishTest(
  db: Db,
  key: Buffer,
  test: SignInTest,
  o: { result: TestResult; ip: string },
): Promise<boolean> {
  const ended = { state: 'done' as const, result_sealed: seal(JSON.stringify(o.result), key) }
  return await end(db, test, ended, { person: o.result.person, ip: o.ip })
}

/** Ends a test with what went wrong. Nothing of what may have come is kept. @returns false when it had ended already */
export async function failTest(db: Db, test: SignInTest, o: { error: Text; ip: string }): Promise<boolean> {
  const ended = { state: 'failed' as const, result_sealed: null, error: JSON.stringify(o.error) }
  return await end(db, test, ended, { error: o.error.en, ip: o.ip })
}

async function end(
  db: Db,
  test: SignInTest,
  ended: { state: 'done' | 'failed'; result_sealed: string | null; error?: string },
  { ip, person, error }: { ip: string; person?: TestResult['person']; error?: string },
): Promise<boolean> {
  return await db.transaction().execute(async (trx: Db) => {
    const { numUpdatedRows } = await trx
      .updateTable('sign_in_test')
      .set({ ...ended, finished_at: now() })
      .where('id', '=', test.id)
      .where('state', 'in', ['exchanging', 'confirming'])
      .executeTakeFirst()
    if (numUpdatedRows !== 1n) return false
    await audit(trx, {
      actor: person ? { id: person.id, name: person.name.zh, kind: 'person' } : test.started_by,
      action: 'application.tested',
      target: { type: 'application', id: test.application },
      outcome: ended.state === 'done' ? 'success' : 'failed',
      detail: { test: test.id, startedBy: test.started_by.id, ...(error ? { error } : {}) },
      ip,
    })
    return true
  })
}

/** What the answer of a test is checked against. */
export function checksOf(test: SignInTest, key: Buffer): Checks {
  return JSON.parse(open(test.checks_sealed, key)) as Checks
}

/** What came of a test, if something did. */
export function resultOf(test: SignInTest, key: Buffer): TestResult | undefined {
  return test.result_sealed ? (JSON.parse(open(test.result_sealed, key)) as TestResult) : undefined
}
