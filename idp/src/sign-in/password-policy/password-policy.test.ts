import { listOutbox } from '@atrium/platform/outbox'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { startDirectory } from '../../admin/testing/idp.ts'
import { hashPassword, verifyPassword } from '../password.ts'
import { type SignInPolicy, signInPolicySchema } from '../policy.ts'
import { changePassword } from './change.ts'
import { checkPassword, countCharacters } from './check.ts'
import { isCommon } from './common.ts'
import { describeFault, type PasswordFault } from './faults.ts'
import { type PasswordOwner, readPasswordOwner } from './owner.ts'
import { holdsPersonalData } from './personal-data.ts'

const person: PasswordOwner = {
  id: 'e0012',
  username: 'zhang.wei',
  name: { zh: '张伟', en: 'Zhang Wei' },
  email: 'wei.zhang1987@huaxin.example.test',
  phone: '+86 138 0013 8000',
  company: { zh: '华信机械', en: 'Huaxin Machinery' },
  passwordHash: null,
}

describe('a password is common', () => {
  it.each([
    'password',
    'PassWord1',
    'P@ssw0rd!',
    'p455w0rd2026',
    'Welcome-2026',
    '!!sunshine99',
    '2026welcome',
    'hell02026',
    'monkeymonkey',
    'abcabcabcabc',
    'aaaaaaaaaaaaaa',
    'abababababab',
    '1234567890',
    '9876543210',
    'abcdefghijk',
    'asdfghjkl;',
    'I l0ve you!',
    'woaini1314',
    'Ｐａｓｓｗｏｒｄ１２３',
  ])('%s', typed => expect(isCommon(typed)).toBe(true))

  it.each([
    'correct horse battery',
    'purple-otter-42-lamp',
    'Xk9#mPq2vLw',
    'monkey83749203741',
    'Spring-Rain-1844',
    '我爱北京天安门很久了',
    '深山里的老木桥',
    'ünïcödé-gärten',
  ])('%s is not', typed => expect(isCommon(typed)).toBe(false))

  it('is found out quickly, whatever is typed', () => {
    isCommon('the list is read once')
    const started = performance.now()
    for (const typed of ['1'.repeat(99) + 'a'.repeat(100), 'ab'.repeat(100), '@'.repeat(200), `${'a1'.repeat(99)}x`])
      isCommon(typed)
    expect(performance.now() - started).toBeLessThan(200)
  })
})

describe('a password tells of its owner', () => {
  it.each([
    'zhang.wei-4711',
    'ZhangWei!!x',
    'my-Zh4ng-w31-key',
    'weizhang2026',
    'Wei-2026-!',
    'ilove张伟forever',
    'e0012-e0012',
    'wei.zhang1987',
    '1987wei-zhang',
    'call 13800138000',
    '138000!secret',
    'Huaxin#forever',
    '华信机械最棒了',
    'machinery-shop',
  ])('%s', typed => expect(holdsPersonalData(typed, person)).toBe(true))

  it.each(['heavyweights-win', 'purple-otter-lamp', 'nothing 4712 here'])('%s does not', typed =>
    expect(holdsPersonalData(typed, person)).toBe(false),
  )

  it('by the name of the company on the sign-in page, too', () => {
    const branded = { zh: '启明集团', en: 'Qiming Group' }
    expect(holdsPersonalData('Qiming-lamp-77', person)).toBe(false)
    expect(holdsPersonalData('Qiming-lamp-77', person, branded)).toBe(true)
    expect(holdsPersonalData('启明集团-lamp', person, branded)).toBe(true)
  })
})

test('characters are counted as a person counts them', () => {
  expect(countCharacters('abc')).toBe(3)
  expect(countCharacters('👩‍👩‍👧‍👦é')).toBe(2)
  expect(countCharacters('é')).toBe(1)
  expect(countCharacters('密码')).toBe(2)
})

test('every fault has words in both languages', () => {
  const policy = signInPolicySchema.parse({})
  const faults: PasswordFault[] = ['too_short', 'too_long', 'common', 'personal_data', 'used_before']
  for (const fault of faults) {
    const { zh, en } = describeFault(fault, policy)
    expect(zh).toMatch(/\p{Script=Han}/u)
    expect(en).toMatch(/^[A-Z][^\p{Script=Han}]+\.$/u)
  }
})

test('one password typed in two ways is one password; a hash of exactly what was typed still opens', async () => {
  const composed = 'café-très-long'
  const decomposed = composed.normalize('NFD')
  expect(decomposed).not.toBe(composed)
  expect(await verifyPassword(await hashPassword(composed), decomposed)).toBe(true)
  expect(await verifyPassword(await hashPassword(decomposed), composed)).toBe(true)
  expect(await verifyPassword(await hashPassword('ＡＢＣ１２３'), 'ABC123')).toBe(true)
  // Imported from a system that did not normalise.
  const { hash } = await import('@node-rs/argon2')
  expect(await verifyPassword(await hash(decomposed), decomposed)).toBe(true)
  expect(await verifyPassword(await hash(decomposed), composed)).toBe(false)
})

describe('in the database', () => {
  let idp: Awaited<ReturnType<typeof startDirectory>>
  let policy: SignInPolicy
  const actor = { id: 'e0012', kind: 'person' as const }
  beforeAll(async () => {
    idp = await startDirectory()
    await idp.importCompany()
    policy = signInPolicySchema.parse({ password: { history: 2 } })
    await setPolicy(policy)
  })
  afterAll(() => idp.stop())

  const setPolicy = (document: SignInPolicy) =>
    idp.db
      .updateTable('sign_in_policy')
      .set({ policy: JSON.stringify(document) })
      .execute()
  const owner = async (): Promise<PasswordOwner> => (await readPasswordOwner(idp.db, 'e0012'))!
  const set = (plain: string, more: { replaces?: string } = {}) =>
    changePassword(idp.db, { personId: 'e0012', plain, actor, reason: 'changed', ...more })

  it('all faults come at once', async () => {
    expect(await checkPassword(idp.db, policy, await owner(), 'zhang1')).toEqual([
      'too_short',
      'common',
      'personal_data',
    ])
    expect(await checkPassword(idp.db, policy, await owner(), 'x'.repeat(201))).toEqual(['too_long'])
    expect(await checkPassword(idp.db, policy, await owner(), `a${'\u0301'.repeat(5000)}`)).toEqual(['too_long'])
    expect(await checkPassword(idp.db, policy, await owner(), 'Huaxin-blue-lamps')).toEqual(['personal_data'])
  })

  it('what the policy does not forbid is allowed', async () => {
    const mild = signInPolicySchema.parse({
      password: { minLength: 8, refuseCommon: false, refusePersonalData: false, history: 0 },
    })
    expect(await checkPassword(idp.db, mild, await owner(), 'zhang.wei')).toEqual([])
    expect(await checkPassword(idp.db, mild, await owner(), 'password')).toEqual([])
  })

  it('the present and the last two before it do not come back, the third may', async () => {
    const words = ['otter-lamp-one', 'otter-lamp-two', 'otter-lamp-three', 'otter-lamp-four']
    for (const word of words) expect((await set(word)).kind).toBe('changed')
    for (const used of words.slice(1)) expect(await set(used)).toEqual({ kind: 'refused', faults: ['used_before'] })
    expect((await set('otter-lamp-one')).kind).toBe('changed')
    const { passwordHash } = await owner()
    expect(await verifyPassword(passwordHash ?? '', 'otter-lamp-one')).toBe(true)
  })

  it('a change makes everything void that hung on the old one, and is told', async () => {
    const at = new Date(Date.now() + 3_600_000)
    await idp.db.insertInto('one_time_link').values({ secret_hash: 'x', person_id: 'e0012', expires_at: at }).execute()
    for (const hash of ['mine', 'a thief’s'])
      await idp.db
        .insertInto('sign_in_progress')
        .values({
          interaction_hash: hash,
          person_id: 'e0012',
          methods: ['pwd'],
          started_at: new Date(),
          expires_at: at,
        })
        .execute()
    await idp.db.updateTable('person').set({ password_must_change: true }).where('id', '=', 'e0012').execute()
    await changePassword(idp.db, {
      personId: 'e0012',
      plain: 'lantern-over-water',
      actor,
      ip: '192.0.2.7',
      reason: 'required',
      keepProgress: 'mine',
    })
    expect(await idp.db.selectFrom('one_time_link').selectAll().execute()).toEqual([])
    expect(await idp.db.selectFrom('sign_in_progress').select('interaction_hash').execute()).toEqual([
      { interaction_hash: 'mine' },
    ])
    const changed = await idp.db
      .selectFrom('person')
      .select(['password_must_change', 'password_changed_at'])
      .where('id', '=', 'e0012')
      .executeTakeFirstOrThrow()
    expect(changed.password_must_change).toBe(false)
    expect(Date.now() - (changed.password_changed_at?.getTime() ?? 0)).toBeLessThan(60_000)
    const [mail] = await listOutbox(idp.db, { topic: 'mail', limit: 1 })
    expect(mail?.payload).toEqual({ personId: 'e0012', kind: 'password_changed', values: { ip: '192.0.2.7' } })
  })

  it('of ten changes that replace one password, one does', async () => {
    const { passwordHash } = await owner()
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, n) => set(`ten at a time ${n} lamps`, { replaces: passwordHash ?? '' })),
    )
    expect(outcomes.filter(one => one.kind === 'changed')).toHaveLength(1)
    expect(outcomes.filter(one => one.kind === 'stale')).toHaveLength(9)
  })
})
