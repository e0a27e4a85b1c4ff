/**
 * Whatever ends a session, the system that the person was signed in to is told: by a real request, at its own address. One test for
 * each way in which a session ends; `kept` ones belong to the person's other browser, which stays signed in.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from '@atrium/platform/database'
import { decodeJwt } from 'jose'
import * as client from 'openid-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { expireOnce } from './expiry.ts'
import { password } from './testing/accounts.ts'
import { startTestIdp, type TestIdp } from './testing/idp.ts'
import { logoutReceiver, type Receiver } from './testing/receiver.ts'
import { type Visit, visit } from './testing/relying-party.ts'

const secret = 'bootstrap-secret-for-tests'
let idp: TestIdp
let crm: Receiver
beforeAll(async () => {
  crm = await logoutReceiver()
  await crm.up()
  idp = await startTestIdp({ systemUrls: { crm: crm.url }, env: { BOOTSTRAP_CLIENT_SECRET: secret } })
})
afterAll(async () => {
  await idp?.stop()
  await crm?.down()
})
beforeEach(async () => {
  crm.received = []
  crm.answer = 200
  await idp.service.deps.db.deleteFrom('oidc_model').execute()
})

type Stay = { portal: Visit; crm: Visit; sid: string }
const stay = async (username: string): Promise<Stay> => {
  const portal = await visit(idp, 'portal', username)
  const system = await visit(idp, 'crm', 'nobody', {
    browser: portal.browser,
    redirectUri: `${crm.url}/oidc/callback`,
  })
  return { portal, crm: system, sid: String(system.tokens.claims()?.sid) }
}

const origin = () => new URL(idp.issuer).origin
const call = async (token: string, method: string, path: string, body?: object) =>
  await fetch(origin() + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
const asAdministrator = async (method: string, path: string) => {
  const rp = await client.discovery(new URL(idp.issuer), 'bootstrap', {}, client.ClientSecretBasic(secret), {
    execute: [client.allowInsecureRequests],
  })
  const { access_token } = await client.clientCredentialsGrant(rp, { resource: 'urn:atrium:api', scope: 'admin' })
  return await call(access_token, method, path)
}
const asPerson = ({ portal }: Stay, method: string, path: string, body?: object) =>
  call(portal.tokens.access_token, method, path, body)

const told = (): unknown[] => crm.received.map(token => decodeJwt(token).sid)
const sessionOf = async (username: string, { sid }: Stay): Promise<string> => {
  const { rows } = await sql<{ uid: string }>`
    select uid from oidc_model where model = 'Session' and payload->'authorizations'->'crm'->>'sid' = ${sid}`.execute(
    idp.service.deps.db,
  )
  if (!rows[0]) throw new Error(`${username} has no such session`)
  return rows[0].uid
}
const older = (column: string) =>
  sql`update oidc_model set expires_at = now() - interval '1 minute', payload = payload || jsonb_build_object(${column}::text, (payload->>${column}::text)::bigint - 86400)
    where model = 'Session' and payload ? 'accountId'`.execute(idp.service.deps.db)

type Cause = {
  name: string
  username: string
  person: string
  /** Whether the person's other browser stays signed in. */
  keeps?: true
  end(ended: Stay, kept: Stay): Promise<Response | undefined>
}

const causes: Cause[] = [
  {
    name: 'the idle time',
    username: 'li.na',
    person: 'e0007',
    end: async () => {
      await older('exp')
      await expireOnce(idp.service.deps.db)
      return undefined
    },
  },
  {
    name: 'the absolute time',
    username: 'li.na',
    person: 'e0007',
    end: async () => {
      await older('loginTs')
      await expireOnce(idp.service.deps.db)
      return undefined
    },
  },
  {
    name: 'the person, who ends one session from another browser',
    username: 'li.na',
    person: 'e0007',
    keeps: true,
    end: async (ended, kept) => await asPerson(kept, 'DELETE', `/account/sessions/${await sessionOf('li.na', ended)}`),
  },
  {
    name: 'the person, who ends all others',
    username: 'li.na',
    person: 'e0007',
    keeps: true,
    end: (_ended, kept) => asPerson(kept, 'POST', '/account/sessions/end-others'),
  },
  {
    name: 'an administrator, who ends one',
    username: 'zhang.wei',
    person: 'e0012',
    keeps: true,
    end: async ended =>
      await asAdministrator('DELETE', `/admin/people/e0012/sessions/${await sessionOf('zhang.wei', ended)}`),
  },
  {
    name: 'an administrator, who signs the person out',
    username: 'zhang.wei',
    person: 'e0012',
    end: () => asAdministrator('POST', '/admin/people/e0012/sign-out'),
  },
  {
    name: 'a change of the password',
    username: 'wang.fang',
    person: 'e0021',
    keeps: true,
    end: (_ended, kept) =>
      asPerson(kept, 'POST', '/account/password', { current: password, password: 'Neun-Berge-im-Nebel-77' }),
  },
  {
    name: 'a deactivation',
    username: 'zhang.wei',
    person: 'e0012',
    end: () => asAdministrator('POST', '/admin/people/e0012/deactivate'),
  },
]

describe('the system is told when a session is ended by', () => {
  it.each(causes)('$name', async ({ username, person, keeps, end }) => {
    const [ended, kept] = [await stay(username), await stay(username)]
    const answer = await end(ended, kept)
    if (answer)
      expect([answer.status, answer.status < 300 ? '' : await answer.text()]).toEqual([
        expect.toSatisfy((status: number) => status === 200 || status === 204),
        '',
      ])
    const all = keeps ? [ended.sid] : [ended.sid, kept.sid]
    await expect.poll(() => told().toSorted(), { timeout: 10_000 }).toEqual(all.toSorted())
    for (const { rp, tokens } of [ended.portal, ended.crm])
      await expect(client.refreshTokenGrant(rp, tokens.refresh_token ?? '')).rejects.toMatchObject({
        error: 'invalid_grant',
      })
    if (keeps)
      expect(
        (await client.refreshTokenGrant(kept.crm.rp, kept.crm.tokens.refresh_token ?? '')).access_token,
      ).toBeTypeOf('string')
    await expect
      .poll(async () => await deliveries(`person=${person}&target=crm&state=done`), { timeout: 10_000 })
      .toEqual(expect.arrayContaining(all))
  })
})

/** The sids of the deliveries that an administrator sees. */
async function deliveries(query: string): Promise<string[]> {
  const answer = await asAdministrator('GET', `/admin/deliveries?topic=logout&limit=200&${query}`)
  const { items } = (await answer.json()) as { items: { id: number; key: string; person: { id: string } }[] }
  return items.map(item => item.key.replace(/^crm:/, ''))
}

it('a delivery that waits for its next try goes at once when an administrator says so', async () => {
  crm.answer = 503
  const one = await stay('li.na')
  await asAdministrator('POST', '/admin/people/e0007/sign-out')
  const waiting = async () => {
    const answer = await asAdministrator('GET', '/admin/deliveries?topic=logout&person=e0007&state=pending')
    return (
      (await answer.json()) as { items: { id: number; key: string; attempts: number; lastError: string | null }[] }
    ).items[0]
  }
  await expect.poll(waiting, { timeout: 10_000 }).toMatchObject({ lastError: 'answered 503' })
  // The next try would come in an hour; between two tries nobody holds the row.
  const putOff = async () =>
    (
      await sql`update outbox set due_at = clock_timestamp() + interval '1 hour' where state = 'pending' and locked_until is null returning id`.execute(
        idp.service.deps.db,
      )
    ).rows.length
  await expect.poll(putOff, { timeout: 10_000 }).toBe(1)
  crm.answer = 200
  await wait(800)
  expect(told()).toEqual([])
  expect((await asAdministrator('POST', `/admin/deliveries/${(await waiting())?.id}/retry`)).status).toBe(204)
  await expect.poll(told, { timeout: 10_000 }).toEqual([one.sid])
})
