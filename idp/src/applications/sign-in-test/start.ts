import { audit } from '@atrium/platform/audit'
import { now } from '@atrium/platform/clock'
import { Problem } from '@atrium/platform/problem'
import type { Kysely } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import type { Text } from '../../oidc/tables.ts'
import type { ChangeParts } from '../change.ts'
import { protocolOf } from '../kinds.ts'
import { type ApplicationRow, requireApplication } from '../read.ts'
import { insertTest, resultOf, type TestResult } from './tests.ts'

/**
 * Begins a test.
 * @returns its id, and the address to open in the browser of whoever is to sign in
 * @throws Problem 404 `unknown_application`, 409 `test_not_possible`
 */
export async function startTest(
  { db, config, actor, ip }: ChangeParts,
  id: string,
): Promise<{ url: string; test: string }> {
  return await db.transaction().execute(async (trx: Kysely<Schema>) => {
    const row = await requireApplication(trx, id)
    refuseUntestable(row)
    const test = await insertTest(trx, config.ENCRYPTION_KEY, { application: id, actor })
    await audit(trx, {
      actor,
      action: 'application.test_started',
      target: { type: 'application', id, name: row.name.zh },
      outcome: 'success',
      detail: { test: test.id },
      ip,
    })
    return { url: `${config.ISSUER}/sign-in-test/${test.secret}`, test: test.id }
  })
}

/** How a test stands, as administrators see it. */
export type TestState = Partial<TestResult> & {
  state: 'waiting' | 'done' | 'failed'
  error: Text | null
  finishedAt: Date | null
}

/** @throws Problem 404 `unknown_test` */
export async function readTest({ db, config }: ChangeParts, id: string, testId: string): Promise<TestState> {
  const test = await db
    .selectFrom('sign_in_test')
    .selectAll()
    .where('id', '=', testId)
    .where('application', '=', id)
    .executeTakeFirst()
  if (!test)
    throw new Problem(404, 'unknown_test', {
      zh: '没有这次测试：结果只保留一小时',
      en: 'There is no such test: results are kept for an hour',
    })
  // What waits for consent is not shown; neither is what nobody ended.
  if (test.state === 'done')
    return { state: 'done', error: null, finishedAt: test.finished_at, ...resultOf(test, config.ENCRYPTION_KEY) }
  if (test.state === 'failed') return { state: 'failed', error: test.error, finishedAt: test.finished_at }
  if (test.expires_at > now()) return { state: 'waiting', error: null, finishedAt: null }
  return {
    state: 'failed',
    error: { zh: '10 分钟内没有人完成登录', en: 'Nobody completed the sign-in within 10 minutes' },
    finishedAt: test.expires_at,
  }
}

function refuseUntestable(row: ApplicationRow): void {
  const { kind, authentication } = protocolOf(row)
  const refuse = (zh: string, en: string): never => {
    throw new Problem(409, 'test_not_possible', { zh, en })
  }
  if (kind === 'machine') refuse('以自己身份运行的应用没有人登录', 'Nobody signs in to a machine')
  if (kind === 'device')
    refuse('设备登录请在设备上测试：它会显示一个代码', 'Try a device at the device itself: it shows a code')
  if (authentication === 'private_key_jwt')
    refuse(
      '只有应用自己有它的私钥：请在应用里测试登录',
      'Only the application itself has its private key: try the sign-in there',
    )
}
