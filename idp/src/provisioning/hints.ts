import { randomUUID } from 'node:crypto'
import { now } from '@atrium/platform/clock'
import { enqueue, startOutbox } from '@atrium/platform/outbox'
import type { Kysely } from 'kysely'
import type { Schema } from '../database/schema.ts'
import type { Deps } from '../deps.ts'
import { requestJson } from './request.ts'

/** Beyond this many, the hint says "somebody": the reader asks SCIM for what changed anyway. */
const namedAtMost = 500

/** What idp tells the gateway. A hint carries no truth, only that a look at SCIM is worth it now. */
export type Hint =
  | { type: 'atrium.directory.changed'; people: string[] }
  | { type: 'atrium.roles.published'; people: string[]; version: number }
  | { type: 'atrium.grant.ending'; people: string[]; data: Record<string, unknown> }
  | { type: 'atrium.keys.revoked'; people: []; data: { kid: string } }

/** Puts a hint into the outbox, in the transaction of the change it tells of. */
export async function enqueueHint(trx: Kysely<Schema>, hint: Hint): Promise<void> {
  const personIds = hint.people.length > namedAtMost ? null : hint.people
  const id = randomUUID()
  await enqueue(trx, {
    topic: 'events',
    key: id,
    payload: {
      specversion: '1.0',
      id,
      source: '/atrium/idp',
      type: hint.type,
      time: now().toISOString(),
      datacontenttype: 'application/json',
      data: {
        personIds,
        ...(hint.type === 'atrium.roles.published' ? { version: hint.version } : {}),
        ...('data' in hint ? hint.data : {}),
      },
    },
  })
}

/** Sends the hints to the gateway as structured CloudEvents 1.0, each until it is taken. */
export function startHints({ db, config, tokens }: Deps): { stop(): Promise<void>; nudge(): void } {
  return startOutbox(db, {
    topic: 'events',
    pollMs: 200,
    ...(config.RETRY_DELAYS ? { retryDelays: config.RETRY_DELAYS } : {}),
    handle: async item => {
      const answer = await requestJson(`${config.GATEWAY_URL}/events`, {
        method: 'POST',
        token: await tokens.issueServiceToken({ audience: 'atrium', scope: 'events:write' }),
        contentType: 'application/cloudevents+json',
        body: item.payload,
      })
      if (answer.kind === 'ok') return 'done'
      return answer.permanent ? { dead: answer.reason } : { error: answer.reason, ...answer.wait }
    },
  })
}
