import { randomBytes } from 'node:crypto'
import { migrate, openDatabase } from '@atrium/platform/database'
import { testDatabase } from '@atrium/platform/testing'
import { decodeProtectedHeader } from 'jose'
import * as client from 'openid-client'
import { expect, it } from 'vitest'
import type { Schema } from '../database/schema.ts'
import { loadKeys, rotateKeys } from './keys.ts'
import { startTestIdp } from './testing/idp.ts'
import { visit } from './testing/relying-party.ts'

const migrations = new URL('../database/migrations/', import.meta.url)

it('two replicas that start together on an empty database have the same keys, and none lies there in clear', async () => {
  const url = await testDatabase()
  const db = openDatabase<Schema>(url)
  await migrate(db, migrations)
  const key = randomBytes(32)
  const both = await Promise.all([loadKeys(db, key), loadKeys(db, key)])
  expect(both[0].signing.kid).toBe(both[1].signing.kid)
  expect(both[0].publicKeys.map(one => one.alg)).toEqual(['ES256', 'RS256'])
  const stored = JSON.stringify(await db.selectFrom('signing_key').selectAll().execute())
  for (const one of both[0].privateKeys) expect(stored).not.toContain(one.d)
  await expect(loadKeys(db, randomBytes(32))).rejects.toThrow()
  await db.destroy()
})

it('after a rotation new tokens carry the new key, and what the old one signed still counts', async () => {
  const idp = await startTestIdp()
  try {
    const before = await visit(idp, 'portal', 'li.na')
    await rotateKeys(idp.service.deps.db, idp.config.ENCRYPTION_KEY)
    await idp.restart()
    expect(await client.fetchUserInfo(before.rp, before.tokens.access_token, 'e0007')).toMatchObject({ sub: 'e0007' })
    const after = await client.refreshTokenGrant(before.rp, before.tokens.refresh_token ?? '')
    expect(decodeProtectedHeader(after.access_token).kid).not.toBe(
      decodeProtectedHeader(before.tokens.access_token).kid,
    )
    const published = (await (await fetch(`${idp.issuer}/protocol/openid-connect/certs`)).json()) as {
      keys: { kid: string; d?: string }[]
    }
    const kids = published.keys.map(key => key.kid)
    for (const token of [before.tokens.access_token, after.access_token])
      expect(kids).toContain(decodeProtectedHeader(token).kid)
    expect(published.keys.every(key => key.d === undefined)).toBe(true)
  } finally {
    await idp.stop()
  }
})
