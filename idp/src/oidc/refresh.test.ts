import { setTimeout as wait } from 'node:timers/promises'
import { sql } from '@atrium/platform/database'
import { decodeJwt } from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestIdp, type TestIdp } from './testing/idp.ts'
import { type Visit, visit } from './testing/relying-party.ts'

const rounds = 30

let idp: TestIdp
beforeAll(async () => {
  idp = await startTestIdp()
})
afterAll(() => idp.stop())

const refresh = async (
  token: string | undefined,
  origin?: string,
): Promise<{ status: number; body: Record<string, string>; headers: Headers }> => {
  const response = await fetch(`${idp.issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    headers: origin ? { Origin: origin } : {},
    body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'portal', refresh_token: token ?? '' }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, string>, headers: response.headers }
}

/** How many refresh tokens of this visit are still good. */
const successors = async (of: Visit): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from oidc_model
    where model = 'RefreshToken' and consumed_at is null
      and grant_id = (select payload->'authorizations'->'portal'->>'grantId' from oidc_model
        where model = 'Session' and jsonb_path_exists(payload, '$.authorizations.portal.sid ? (@ == $sid)', ${JSON.stringify({ sid: of.tokens.claims()?.sid })}::jsonb))`.execute(
    idp.service.deps.db,
  )
  return rows[0]?.n ?? 0
}

describe('refreshing', () => {
  it('hands out a new pair and an ID token, and the roles of this moment', async () => {
    const { rp, tokens } = await visit(idp, 'portal', 'zhang.wei')
    const renewed = await client.refreshTokenGrant(rp, tokens.refresh_token ?? '')
    expect(renewed.refresh_token).not.toBe(tokens.refresh_token)
    expect(renewed.id_token).toBeTypeOf('string')
    expect(decodeJwt(renewed.access_token).realm_access).toEqual({ roles: ['employee', 'sales-rep'] })
    const segment = renewed.refresh_token?.split('.')[1] ?? ''
    expect(JSON.parse(Buffer.from(segment, 'base64url').toString())).toMatchObject({
      typ: 'Refresh',
      exp: expect.any(Number),
    })
  })

  it('lets the portal’s origin read the answer with credentials, and no stranger’s', async () => {
    const { tokens } = await visit(idp, 'portal', 'zhang.wei')
    const stranger = await refresh(tokens.refresh_token, 'https://evil.example')
    expect(stranger.status).toBe(400)
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull()
    const own = await refresh(tokens.refresh_token, idp.portal)
    expect(own.status).toBe(200)
    expect(own.headers.get('access-control-allow-origin')).toBe(idp.portal)
    expect(own.headers.get('access-control-allow-credentials')).toBe('true')
  })

  it.each([3, 10])('%i tabs at once with one token get one successor, and the grant lives: 30 of 30', async tabs => {
    const visited = await visit(idp, 'portal', 'li.na')
    let token = visited.tokens.refresh_token
    for (let round = 0; round < rounds; round++) {
      const answers = await Promise.all(Array.from({ length: tabs }, () => refresh(token)))
      expect(answers.map(answer => answer.status)).toEqual(Array(tabs).fill(200))
      expect(new Set(answers.map(answer => answer.body.refresh_token)).size).toBe(1)
      expect(await successors(visited)).toBe(1)
      token = answers[0]?.body.refresh_token
    }
    expect((await refresh(token)).status).toBe(200)
  })

  it('a retry after a lost answer gets the same answer: 30 of 30', async () => {
    const visited = await visit(idp, 'portal', 'li.na')
    let token = visited.tokens.refresh_token
    for (let round = 0; round < rounds; round++) {
      const lost = await refresh(token)
      const retried = await refresh(token)
      expect(retried.status).toBe(200)
      expect(retried.body).toEqual(lost.body)
      token = retried.body.refresh_token
    }
    expect(await successors(visited)).toBe(1)
    expect((await refresh(token)).status).toBe(200)
  })

  it('a token that comes again after three seconds is theft: the whole grant ends', async () => {
    const { tokens } = await visit(idp, 'portal', 'li.na')
    const next = await refresh(tokens.refresh_token)
    await wait(3100)
    expect((await refresh(tokens.refresh_token)).body.error).toBe('invalid_grant')
    expect((await refresh(next.body.refresh_token)).body.error).toBe('invalid_grant')
  })

  it('keeps the answer sealed, and only for seconds', async () => {
    const { tokens } = await visit(idp, 'portal', 'li.na')
    const answer = await refresh(tokens.refresh_token)
    const { rows } = await sql<{ sealed: string; left: number }>`
      select sealed, extract(epoch from expires_at - now())::float as left from refresh_replay order by expires_at desc limit 1`.execute(
      idp.service.deps.db,
    )
    expect(rows[0]?.sealed).not.toContain(answer.body.access_token)
    expect(rows[0]?.left).toBeLessThanOrEqual(3)
  })

  it('another client cannot use the token', async () => {
    const { tokens } = await visit(idp, 'portal', 'li.na')
    const response = await fetch(`${idp.issuer}/protocol/openid-connect/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa('crm:secret-of-the-crm-system')}` },
      body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' }),
    })
    expect(response.status).toBe(400)
    expect((await refresh(tokens.refresh_token)).status).toBe(200)
  })

  it('a second tab that signs in silently does not end the first one’s tokens', async () => {
    const first = await visit(idp, 'portal', 'li.na')
    const second = await visit(idp, 'portal', 'nobody', { browser: first.browser })
    expect((await refresh(first.tokens.refresh_token)).status).toBe(200)
    expect((await refresh(second.tokens.refresh_token)).status).toBe(200)
  })

  it('a revoked token is gone', async () => {
    const { rp, tokens } = await visit(idp, 'portal', 'li.na')
    await client.tokenRevocation(rp, tokens.refresh_token ?? '')
    expect((await refresh(tokens.refresh_token)).status).toBe(400)
  })
})

describe('sessions', () => {
  it('survive a restart', async () => {
    const { browser, tokens } = await visit(idp, 'portal', 'li.na')
    await idp.restart()
    expect((await refresh(tokens.refresh_token)).status).toBe(200)
    const again = await visit(idp, 'oa', 'nobody', { browser })
    expect(again.tokens.claims()?.native_id).toBe('lina')
  })

  it('a refresh counts as activity and moves the idle limit', async () => {
    const { tokens } = await visit(idp, 'portal', 'wang.fang')
    const db = idp.service.deps.db
    const soon = Math.floor(Date.now() / 1000) + 600
    await sql`update oidc_model set expires_at = to_timestamp(${soon}), payload = jsonb_set(payload, '{exp}', to_jsonb(${soon}::int))
      where model = 'Session' and account_id = 'e0021'`.execute(db)
    expect((await refresh(tokens.refresh_token)).status).toBe(200)
    const { rows } = await sql<{
      exp: number
    }>`select (payload->>'exp')::int as exp from oidc_model where model = 'Session' and account_id = 'e0021'`.execute(
      db,
    )
    expect(rows[0]?.exp).toBeGreaterThan(soon + 3600)
  })

  it('never last beyond the absolute limit, however active', async () => {
    const { tokens } = await visit(idp, 'portal', 'chen.jie')
    const db = idp.service.deps.db
    const eleven = Math.floor(Date.now() / 1000) - 11 * 3600
    const soon = Math.floor(Date.now() / 1000) + 60
    await sql`update oidc_model set expires_at = to_timestamp(${soon}), payload = payload || jsonb_build_object('exp', ${soon}::int, 'loginTs', ${eleven}::int)
      where model = 'Session' and account_id = 'e0031'`.execute(db)
    expect((await refresh(tokens.refresh_token)).status).toBe(200)
    const { rows } = await sql<{
      exp: number
    }>`select (payload->>'exp')::int as exp from oidc_model where model = 'Session' and account_id = 'e0031'`.execute(
      db,
    )
    expect(rows[0]?.exp).toBeLessThanOrEqual(eleven + 12 * 3600)
  })
})
