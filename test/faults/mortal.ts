import { setTimeout as wait } from 'node:timers/promises'
import { openDatabase } from '@atrium/platform/database'
import type { Schema } from '../../idp/src/database/schema.ts'
import { password } from '../../idp/src/oidc/testing/accounts.ts'
import { TestBrowser } from '../../idp/src/oidc/testing/browser.ts'
import { startTestIdp, type TestIdp } from '../../idp/src/oidc/testing/idp.ts'
import { type Replica, type RoundRobin, roundRobin, startReplica } from '../../idp/src/oidc/testing/replicas.ts'
import { type Cutter, startCutter } from './cutter.ts'

type Process = { replica: Replica; cutter: Cutter }

/** An identity provider that dies by kill -9 where a test wants it, and is started again behind the same address. */
export type MortalIdp = {
  idp: TestIdp
  db: ReturnType<typeof openDatabase<Schema>>
  /**
   * Runs `work`; the process is killed before its n-th statement, and before the next one answers `dead` looks at what is there.
   * @returns whether it came to that, and the statements it asked
   */
  killAt(
    n: number,
    work: () => Promise<void>,
    dead: () => Promise<void>,
  ): Promise<{ killed: boolean; statements: string[] }>
  /** Kills the process now; resolves when the next one answers. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/** Starts one; the next process is always started beforehand, so that a kill costs no time. */
export async function startMortalIdp(systemUrls: Record<string, string>): Promise<MortalIdp> {
  const idp = await startTestIdp({ systemUrls })
  await idp.service.stop()
  const { DATABASE_URL: url = '' } = idp.env
  const db = openDatabase<Schema>(url, { max: 2 })

  const start = async (): Promise<Process> => {
    const cutter = await startCutter(url)
    const replica = await startReplica({ ...idp.env, TRUST_PROXY: 'true', DATABASE_URL: cutter.url })
    return { replica, cutter }
  }
  let current = await start()
  let next = start()
  const proxy: RoundRobin = await roundRobin(idp.config.PORT, [current.replica.port])

  const kill = async (look: () => Promise<void> = async () => {}): Promise<void> => {
    await current.replica.kill()
    await current.cutter.stop()
    try {
      await look()
    } finally {
      current = await next
      next = start()
      proxy.targets = [current.replica.port]
    }
  }
  return {
    idp,
    db,
    kill: () => kill(),
    killAt: async (n, work, dead) => {
      const { cutter } = current
      let death: Promise<unknown> | undefined
      cutter.arm(n, () => {
        death = kill(dead).catch((error: unknown) => error)
      })
      await work()
      cutter.disarm()
      const fault = await death
      if (fault) throw new Error(`left before statement ${n}: ${cutter.seen.at(-1)}`, { cause: fault })
      return { killed: death !== undefined, statements: cutter.seen }
    },
    stop: async () => {
      await proxy.stop()
      for (const one of [current, await next]) {
        await one.replica.stop()
        await one.cutter.stop()
      }
      await db.destroy()
    },
  }
}

/** A person who presses reload when the server does not answer, as often as it takes. */
export class PatientBrowser extends TestBrowser {
  override async fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    return await patiently(() => super.fetch(url, init))
  }
}

/** Repeats a request while the server is away. */
export async function patiently(request: () => Promise<Response>): Promise<Response> {
  for (let n = 0; n < 400; n++) {
    const answer = await request()
    if (answer.status !== 502) return answer
    await answer.body?.cancel()
    await wait(50)
  }
  throw new Error('nobody answered within 20 s')
}

/** Everything that one sign-in gives a client. */
export type Tokens = { access_token: string; refresh_token: string; id_token: string }

/** A person at one client, by requests that are repeated when the server dies; raw, because a client library would give up. */
export function personAt(mortal: MortalIdp, client: { id: string; redirectUri: string; secret?: string }) {
  const { issuer } = mortal.idp
  const authentication = client.secret ? { authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` } : {}

  const token = async (
    body: Record<string, string>,
  ): Promise<{ status: number; body: Tokens & { error?: string } }> => {
    const answer = await patiently(() =>
      fetch(`${issuer}/protocol/openid-connect/token`, {
        method: 'POST',
        headers: authentication as Record<string, string>,
        body: new URLSearchParams({ client_id: client.id, ...body }),
      }),
    )
    return { status: answer.status, body: (await answer.json()) as Tokens & { error?: string } }
  }

  /** One try: undefined where the person has to begin again. */
  const trySignIn = async (browser: TestBrowser): Promise<Tokens | undefined> => {
    const verifier = 'a-verifier-of-this-test-that-is-long-enough-to-be-one'
    const query = new URLSearchParams({
      client_id: client.id,
      redirect_uri: client.redirectUri,
      response_type: 'code',
      scope: 'openid',
      code_challenge: verifier,
      code_challenge_method: 'plain',
    })
    query.set('code_challenge', await challengeOf(verifier))
    query.set('code_challenge_method', 'S256')
    let at = await browser.follow(`${issuer}/protocol/openid-connect/auth?${query}`)
    if (at.url.pathname.includes('/sign-in/') && at.response.status === 200)
      at = await browser.submitSignIn(at.url, { username: 'li.na', password, remember: 'yes' })
    const code = at.url.searchParams.get('code')
    if (!code) return undefined
    const { status, body } = await token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: client.redirectUri,
      code_verifier: verifier,
    })
    return status === 200 ? body : undefined
  }

  return {
    trySignIn,
    /** Signs in, and begins again where that is what the page says. */
    signIn: async (browser: TestBrowser): Promise<Tokens> => {
      for (let n = 0; n < 3; n++) {
        const tokens = await trySignIn(browser)
        if (tokens) return tokens
      }
      throw new Error('three times the person could not get in')
    },
    refresh: (refreshToken: string) => token({ grant_type: 'refresh_token', refresh_token: refreshToken }),
    userinfo: async (tokens: Tokens): Promise<number> =>
      (
        await patiently(() =>
          fetch(`${issuer}/protocol/openid-connect/userinfo`, {
            headers: { authorization: `Bearer ${tokens.access_token}` },
          }),
        )
      ).status,
  }
}

async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  return Buffer.from(digest).toString('base64url')
}
