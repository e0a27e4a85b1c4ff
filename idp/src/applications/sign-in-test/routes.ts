import { createHash } from 'node:crypto'
import { log } from '@atrium/platform/log'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import type { Context } from 'koa'
import type { Kysely } from 'kysely'
import type { Config } from '../../config.ts'
import type { Schema } from '../../database/schema.ts'
import { routes } from '../../oidc/paths.ts'
import { testCallback } from '../../oidc/tested-client.ts'
import { protocolOf } from '../kinds.ts'
import { requireApplication } from '../read.ts'
import { keepTestCookie, testCookie } from './cookie.ts'
import { learn, TestFailure } from './exchange.ts'
import { trialPage } from './pages.ts'
import {
  awaitConsent,
  checksOf,
  failTest,
  findOpenTest,
  findUnconfirmed,
  finishTest,
  openTest,
  resultOf,
  type SignInTest,
  takeAnswer,
} from './tests.ts'

type Parts = { db: Kysely<Schema>; config: Config }
type Answer = Record<string, unknown>

const form = bodyParser({
  enableTypes: ['form'],
  formLimit: '64kb',
  onError: (_error, ctx) => {
    ctx.request.body = {}
  },
})

/** The pages of a tried-out sign-in, below the issuer: its beginning, its end, and the consent of somebody else's. */
export function signInTestRoutes(parts: Parts): Router {
  const { db, config } = parts
  const router = new Router()

  router.get(testCallback, ctx => arrived(ctx, parts, ctx.query))
  // The implicit flow answers by a posted form, so that no token comes into an address.
  router.post(testCallback, form, ctx => arrived(ctx, parts, (ctx.request.body ?? {}) as Answer))

  router.post('/sign-in-test/confirm', form, async ctx => {
    const { test: secret, answer } = (ctx.request.body ?? {}) as Answer
    const browser = testCookie(ctx, config)
    const test = typeof secret === 'string' && browser ? await findUnconfirmed(db, secret, browser) : undefined
    const result = test && resultOf(test, config.ENCRYPTION_KEY)
    if (!test || !result) return trialPage(ctx, config, { kind: 'spent' })
    if (answer === 'agree') return await succeed(ctx, parts, test, result)
    await fail(ctx, parts, test, {
      zh: '登录的人不同意让管理员看到自己的信息',
      en: 'The person who signed in did not agree that administrators see their data',
    })
  })

  router.get('/sign-in-test/:secret', async ctx => {
    const secret = String(ctx.params.secret)
    const test = await openTest(db, secret, keepTestCookie(ctx, config))
    if (!test) return trialPage(ctx, config, { kind: 'spent' })
    ctx.set('Cache-Control', 'no-store')
    ctx.status = 303
    ctx.redirect(await authorizationAddress(parts, test, secret))
  })

  return router
}

async function authorizationAddress({ db, config }: Parts, test: SignInTest, secret: string): Promise<string> {
  const { kind } = protocolOf(await requireApplication(db, test.application))
  const { verifier, nonce } = checksOf(test, config.ENCRYPTION_KEY)
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const flow: Record<string, string> =
    kind === 'legacy_implicit'
      ? { response_type: 'id_token token', response_mode: 'form_post' }
      : { response_type: 'code', code_challenge: challenge, code_challenge_method: 'S256' }
  const query = new URLSearchParams({
    client_id: test.application,
    redirect_uri: config.ISSUER + testCallback,
    scope: 'openid profile email phone',
    state: secret,
    nonce,
    ...flow,
  })
  return `${config.ISSUER}${routes.authorization}?${query}`
}

async function arrived(ctx: Context, parts: Parts, answer: Answer): Promise<void> {
  const { db, config } = parts
  const said = (name: string): string | undefined =>
    typeof answer[name] === 'string' ? (answer[name] as string) : undefined
  const [secret, browser] = [said('state'), testCookie(ctx, config)]
  const test = secret && browser ? await findOpenTest(db, secret, browser) : undefined
  // RFC 9207: an answer of another issuer is not ours to read.
  const strange = said('iss') !== undefined && said('iss') !== config.ISSUER
  if (!test || strange || !(await takeAnswer(db, test))) return trialPage(ctx, config, { kind: 'spent' })
  const error = said('error')
  if (error) {
    const why = [error, said('error_description')].filter(Boolean).join(': ').slice(0, 500)
    return await fail(ctx, parts, test, {
      zh: `授权端点答复 ${why}`,
      en: `The authorization endpoint answered ${why}`,
    })
  }
  try {
    const application = await requireApplication(db, test.application)
    const tokens = { code: said('code'), id_token: said('id_token'), access_token: said('access_token') }
    const given = Object.fromEntries(Object.entries(tokens).filter(([, value]) => value !== undefined))
    const checks = checksOf(test, config.ENCRYPTION_KEY)
    const result = await learn({ db, config, application, checks }, given)
    const { started_by: by } = test
    if (by.kind === 'person' && by.id === result.person.id) return await succeed(ctx, parts, test, result)
    await awaitConsent(db, config.ENCRYPTION_KEY, test, result)
    trialPage(ctx, config, {
      kind: 'consent',
      application: application.name,
      startedBy: by.name ?? by.id,
      secret: secret as string,
    })
  } catch (reason) {
    if (!(reason instanceof TestFailure)) log('idp').error({ err: reason }, 'a tried-out sign-in failed')
    await fail(
      ctx,
      parts,
      test,
      reason instanceof TestFailure
        ? reason.text
        : { zh: '身份服务自己出错了，已记录', en: 'The identity provider itself failed and recorded it' },
    )
  }
}

async function succeed(
  ctx: Context,
  { db, config }: Parts,
  test: SignInTest,
  result: NonNullable<ReturnType<typeof resultOf>>,
): Promise<void> {
  const done = await finishTest(db, config.ENCRYPTION_KEY, test, { result, ip: ctx.ip })
  trialPage(ctx, config, { kind: done ? 'done' : 'spent' })
}

async function fail(ctx: Context, { db, config }: Parts, test: SignInTest, error: { zh: string; en: string }) {
  await failTest(db, test, { error, ip: ctx.ip })
  trialPage(ctx, config, { kind: 'failed', error })
}
