import { readAudit } from '@atrium/platform/audit'
import { type Kysely, sql } from '@atrium/platform/database'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Schema } from '../../database/schema.ts'
import { password } from '../../oidc/testing/accounts.ts'
import { startTestIdp, type TestIdp } from '../../oidc/testing/idp.ts'
import { preparePassword, writePassword } from '../password-policy/change.ts'
import {
  type Authenticator,
  giveTotp,
  isSignedIn,
  open,
  setPolicy,
  signIn,
  stepOf,
  submit,
  type Walk,
} from '../testing/walk.ts'

/** Whoever has proved a password that is being replaced at this very moment. */
let idp: TestIdp
let wangFangs: Authenticator
beforeAll(async () => {
  idp = await startTestIdp()
  wangFangs = await giveTotp(idp, 'e0021')
})
afterAll(() => idp.stop())
beforeEach(async () => {
  await db().deleteFrom('sign_in_throttle').execute()
})

const db = (): Kysely<Schema> => idp.service.deps.db
let changes = 0

/** Changes a password; it is written, and becomes visible when whatever `meanwhile` sends has come to wait for it. */
async function replacedDuring(personId: string, meanwhile: () => Promise<Walk>): Promise<Walk> {
  const plain = `lanterns above the river ${changes++}`
  const change = { personId, plain, actor: { id: personId, kind: 'person' as const }, reason: 'reset' as const }
  const prepared = await preparePassword(db(), change)
  if ('faults' in prepared) throw new Error(prepared.faults.join())
  let late: Promise<Walk> | undefined
  await db()
    .transaction()
    .execute(async trx => {
      expect(await writePassword(trx, change, prepared)).toMatchObject({ kind: 'changed' })
      late = meanwhile()
      const waits = sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%sign_in_is_stale%'`
      await expect.poll(async () => (await waits.execute(db())).rows.length, { timeout: 10_000 }).toBe(1)
    })
  if (!late) throw new Error('nothing was sent')
  return await late
}

async function expectRefused(walk: Walk, personId: string): Promise<void> {
  expect(isSignedIn(idp, walk)).toBe(false)
  expect(walk.html).toContain('name="username"')
  expect(walk.html).toContain('Your account has just changed')
  const sessions = db().selectFrom('oidc_model').select('model').where('account_id', '=', personId)
  expect(await sessions.where('model', 'in', ['Session', 'Grant', 'AuthorizationCode']).execute()).toEqual([])
  const progress = db().selectFrom('sign_in_progress').select('person_id').where('person_id', '=', personId)
  expect(await progress.execute()).toEqual([])
  const [entry] = await readAudit(db(), { action: 'sign_in.', limit: 1 })
  expect(entry).toMatchObject({
    action: 'sign_in.failed',
    actor: { id: personId },
    outcome: 'refused',
    detail: { reason: 'account_changed' },
  })
}

it('is not signed in by the old one, and may begin anew on the same page', async () => {
  const page = await open(idp)
  const refused = await replacedDuring('e0007', () => submit(page, { username: 'li.na', password, remember: 'yes' }))
  await expectRefused(refused, 'e0007')
  expect((await submit(refused, { username: 'li.na', password })).status).toBe(401)
  const again = await submit(refused, { username: 'li.na', password: `lanterns above the river ${changes - 1}` })
  expect(isSignedIn(idp, again)).toBe(true)
})

it('is not signed in where the browser comes back for the answer, as where one session is all that may be', async () => {
  await setPolicy(idp, { oneSession: true })
  const page = await open(idp)
  const refused = await replacedDuring('e0012', () => submit(page, { username: 'zhang.wei', password }))
  await setPolicy(idp, {})
  await expectRefused(refused, 'e0012')
})

it('does not get to the second factor', async () => {
  const page = await open(idp)
  await expectRefused(await replacedDuring('e0021', () => submit(page, { username: 'wang.fang', password })), 'e0021')
})

it('who is deactivated meanwhile is not signed in either', async () => {
  const page = await open(idp)
  let late: Promise<Walk> | undefined
  await db()
    .transaction()
    .execute(async trx => {
      await trx.updateTable('person').set({ active: false }).where('id', '=', 'e0031').execute()
      late = submit(page, { username: 'chen.jie', password })
      const waits = sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%sign_in_is_stale%'`
      await expect.poll(async () => (await waits.execute(db())).rows.length, { timeout: 10_000 }).toBe(1)
    })
  await expectRefused(await (late as Promise<Walk>), 'e0031')
})

it('the next one is asked for the second factor as ever', async () => {
  const walk = await signIn(idp, 'wang.fang', { password: `lanterns above the river ${changes - 1}` })
  expect(stepOf(walk)).toBe('factor')
  expect(isSignedIn(idp, await submit(walk, { otp: wangFangs.code() }))).toBe(true)
})
