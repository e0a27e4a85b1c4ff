import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { readAudit } from '@atrium/platform/audit'
import { type Kysely, migrate, openDatabase, platformMigrate, sql } from '@atrium/platform/database'
import { testDatabase } from '@atrium/platform/testing'
import { createRemoteJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Schema } from '../database/schema.ts'
import { advanceKeys, beginRotation } from './key-rotation.ts'
import { loadKeys } from './keys.ts'
import { startTestIdp, type TestIdp } from './testing/idp.ts'
import { visit } from './testing/relying-party.ts'

const migrations = new URL('../database/migrations/', import.meta.url)

const emptyDatabase = async (): Promise<Kysely<Schema>> => {
  const db = openDatabase<Schema>(await testDatabase())
  await platformMigrate(db)
  await migrate(db, migrations)
  return db
}

const until = async (condition: () => Promise<boolean>): Promise<void> => {
  for (let n = 0; n < 200 && !(await condition()); n++) await wait(50)
  expect(await condition()).toBe(true)
}

it('two replicas that start together on an empty database have the same keys, and none lies there in clear', async () => {
  const db = await emptyDatabase()
  const key = randomBytes(32)
  const both = await Promise.all([loadKeys(db, key), loadKeys(db, key)])
  expect(both[0].signing.kid).toBe(both[1].signing.kid)
  expect(both[0].privateKeys.map(one => one.alg)).toEqual(['ES256', 'RS256'])
  const stored = JSON.stringify(await db.selectFrom('signing_key').selectAll().execute())
  for (const one of both[0].privateKeys) expect(stored).not.toContain(one.d)
  await expect(loadKeys(db, randomBytes(32))).rejects.toThrow()
  await db.destroy()
})

describe('the life of a key', () => {
  const config = {
    ENCRYPTION_KEY: randomBytes(32),
    KEY_ROTATION_DAYS: 90,
    KEY_PUBLICATION_SECONDS: 600,
    SESSION_MAX_HOURS: 12,
  }
  let db: Kysely<Schema>
  let first: string
  let second: string
  const states = async (): Promise<Record<string, string>> => {
    const rows = await db.selectFrom('signing_key').selectAll().where('alg', '=', 'ES256').execute()
    return Object.fromEntries(
      rows.map(row => [row.kid, row.retired_at ? 'retired' : row.active_from ? 'current' : 'next']),
    )
  }
  const replica = (id: string, kids: string[]) =>
    sql`insert into key_replica (id, kids, seen_at) values (${id}, ${kids}::text[], clock_timestamp())
      on conflict (id) do update set kids = excluded.kids, seen_at = excluded.seen_at`.execute(db)
  const all = async (): Promise<string[]> =>
    (await db.selectFrom('signing_key').select('kid').execute()).map(row => row.kid)
  const older = (column: string, by: string) =>
    sql`update signing_key set ${sql.raw(column)} = ${sql.raw(column)} - ${by}::interval where ${sql.raw(column)} is not null`.execute(
      db,
    )

  beforeAll(async () => {
    db = await emptyDatabase()
    first = (await loadKeys(db, config.ENCRYPTION_KEY)).signing.kid
  })
  afterAll(() => db.destroy())

  it('begins once, however many begin it at the same moment', async () => {
    const begun = await Promise.all(Array.from({ length: 5 }, () => beginRotation(db, config.ENCRYPTION_KEY)))
    expect(begun.flat()).toHaveLength(2)
    second = Object.entries(await states()).find(([, state]) => state === 'next')?.[0] ?? ''
    expect(await states()).toEqual({ [first]: 'current', [second]: 'next' })
    expect((await loadKeys(db, config.ENCRYPTION_KEY)).signing.kid).toBe(first)
  })

  it('waits for the last replica that does not publish the next key, and for the time of publication', async () => {
    await replica('a', await all())
    await replica('b', [first])
    await older('created_at', '1 day')
    await advanceKeys(db, config)
    expect(await db.selectFrom('signing_key').select('kid').where('published_at', 'is', null).execute()).toHaveLength(2)
    await replica('b', await all())
    await advanceKeys(db, config)
    expect(await states()).toEqual({ [first]: 'current', [second]: 'next' })
    await older('published_at', '11 minutes')
    // One that starts late, from an old state, holds it up once more.
    await replica('c', [first])
    expect(await advanceKeys(db, config)).toBe(false)
    // A replica that was killed does not hold it up for ever.
    await sql`update key_replica set seen_at = seen_at - interval '2 minutes' where id = 'c'`.execute(db)
    await Promise.all([advanceKeys(db, config), advanceKeys(db, config)])
    expect(await states()).toEqual({ [first]: 'retired', [second]: 'current' })
    expect((await loadKeys(db, config.ENCRYPTION_KEY)).signing.kid).toBe(second)
  })

  it('goes on verifying for the longest session and the hint of one that has ended, then the key is removed', async () => {
    await older('verifies_until', '83 hours')
    expect(await advanceKeys(db, config)).toBe(false)
    expect(await states()).toMatchObject({ [first]: 'retired' })
    await older('verifies_until', '2 hours')
    await advanceKeys(db, config)
    expect(await states()).toEqual({ [second]: 'current' })
  })

  it('begins anew by itself after the configured days, and never at 0', async () => {
    await older('active_from', '89 days')
    expect(await advanceKeys(db, config)).toBe(false)
    await older('active_from', '2 days')
    expect(await advanceKeys(db, { ...config, KEY_ROTATION_DAYS: 0 })).toBe(false)
    expect(await advanceKeys(db, config)).toBe(true)
    expect(Object.values(await states()).toSorted()).toEqual(['current', 'next'])
  })

  it('is on record, step by step', async () => {
    const actions = (await readAudit(db, { action: 'keys.', limit: 20 })).map(entry => entry.action).toReversed()
    expect(actions).toEqual([
      'keys.rotation_begun',
      'keys.published',
      'keys.rotated',
      'keys.removed',
      'keys.rotation_begun',
    ])
  })
})

describe('a rotation of a running provider', () => {
  let idp: TestIdp
  beforeAll(async () => {
    idp = await startTestIdp({
      env: { KEY_PUBLICATION_SECONDS: '2', BOOTSTRAP_CLIENT_SECRET: 'bootstrap-secret-for-tests' },
    })
  })
  afterAll(() => idp.stop())

  let token: Promise<string>
  const adminToken = async (): Promise<string> => {
    const rp = await client.discovery(
      new URL(idp.issuer),
      'bootstrap',
      {},
      client.ClientSecretBasic('bootstrap-secret-for-tests'),
      { execute: [client.allowInsecureRequests] },
    )
    return (await client.clientCredentialsGrant(rp, { resource: 'urn:atrium:api', scope: 'admin' })).access_token
  }
  const admin = async (method: string, path: string) => {
    token ??= adminToken()
    const access_token = await token
    const response = await fetch(new URL(path, idp.issuer), {
      method,
      headers: { authorization: `Bearer ${access_token}` },
    })
    expect(response.status).toBe(200)
    return (await response.json()) as {
      items: { kid: string; alg: string; state: string; verifiesUntil: string | null }[]
      rotateEveryDays: number
      nextRotationAt: string | null
      replicas: { id: string; kids: string[] }[]
    }
  }
  const published = async (): Promise<JSONWebKeySet> =>
    (await (await fetch(`${idp.issuer}/protocol/openid-connect/certs`)).json()) as JSONWebKeySet

  it('signs with the new key without a restart, while what the old one signed still counts', async () => {
    const before = await visit(idp, 'portal', 'li.na')
    const started = await admin('POST', '/admin/keys/rotate')
    expect(started.items.map(item => item.state)).toEqual(['next', 'next', 'current', 'current'])
    expect(started.rotateEveryDays).toBe(90)
    expect(await admin('POST', '/admin/keys/rotate')).toMatchObject({ items: started.items })
    await until(async () => (await admin('GET', '/admin/keys')).items.some(item => item.state === 'retired'))
    const after = await admin('GET', '/admin/keys')
    expect(after.items.map(item => item.state)).toEqual(['current', 'current', 'retired', 'retired'])
    expect(after.replicas).toHaveLength(1)

    const old = before.tokens.access_token
    expect(await client.fetchUserInfo(before.rp, old, 'e0007')).toMatchObject({ sub: 'e0007' })
    await until(
      async () =>
        decodeProtectedHeader((await visit(idp, 'crm', 'li.na')).tokens.access_token).kid !==
        decodeProtectedHeader(old).kid,
    )
    const fresh = await client.refreshTokenGrant(before.rp, before.tokens.refresh_token ?? '')
    const set = createRemoteJWKSet(new URL(`${idp.issuer}/protocol/openid-connect/certs`))
    for (const token of [old, fresh.access_token, before.tokens.id_token ?? '', fresh.id_token ?? ''])
      await jwtVerify(token, set, { issuer: idp.issuer })
    const current = after.items.filter(item => item.state === 'current').map(item => item.kid)
    for (const token of [fresh.access_token, fresh.id_token ?? ''])
      expect(current).toContain(decodeProtectedHeader(token).kid)
    expect((await published()).keys.every(key => key.d === undefined)).toBe(true)
    expect((await published()).keys).toHaveLength(4)
  })

  it('takes the ID token of the old key as a hint: silently in, and out', async () => {
    const visited = await visit(idp, 'portal', 'li.na')
    await admin('POST', '/admin/keys/rotate')
    await until(
      async () =>
        (await admin('GET', '/admin/keys')).items.find(
          item => item.kid === decodeProtectedHeader(visited.tokens.id_token ?? '').kid,
        )?.state === 'retired',
    )
    const page = await visited.browser.fetch(
      `${idp.issuer}/protocol/openid-connect/logout?${new URLSearchParams({ id_token_hint: visited.tokens.id_token ?? '', post_logout_redirect_uri: `${idp.portal}/` })}`,
    )
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('xsrf')
  })
})
