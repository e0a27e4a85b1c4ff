import type { IncomingMessage } from 'node:http'
import { Problem } from '@atrium/platform/problem'
import Router from '@koa/router'
import { parseCloudEvents } from './cloudevent.ts'
import { planEvent, type Rules } from './rules/plan.ts'
import { type Authenticate, authenticateSender } from './sender.ts'
import type { Taker } from './take.ts'

/** Largest request: a batch of events, bytes. */
const bodyLimit = 1024 * 1024
/** Largest single event; intermediaries must forward 64 KiB (CloudEvents §5), a few times that serves long texts. */
const eventLimit = 256 * 1024

/**
 * `POST /events`: CloudEvents 1.0 in. 202 when something new was taken (also into quarantine), 200 when all of it was known.
 * The body tells what became of the events: `{accepted, duplicate, stale, quarantined}`.
 */
export function eventsRouter(parts: { rules: Rules; taker: Taker; authenticate: Authenticate }): Router {
  const router = new Router()
  router.post('/events', async ctx => {
    const body = await readBody(ctx.req)
    const sender = await authenticateSender(ctx.req.headers, body, parts.rules.file.sources, parts.authenticate)
    const parsed = parseCloudEvents(ctx.req.headers, body)
    if ('fault' in parsed) throw new Problem(parsed.status, 'bad_event', parsed.fault)
    for (const event of parsed.events) {
      if (!sender.sources.has(event.source)) {
        throw new Problem(403, 'foreign_source', {
          zh: `${sender.id} 不能以 ${event.source} 的名义发送事件`,
          en: `${sender.id} may not send events of the source ${event.source}`,
        })
      }
      if (parsed.events.length > 1 && Buffer.byteLength(JSON.stringify(event)) > eventLimit) throw tooLarge(eventLimit)
    }
    if (parsed.events.length === 1 && Buffer.byteLength(body) > eventLimit) throw tooLarge(eventLimit)
    const outcomes = await Promise.all(parsed.events.map(event => parts.taker.take(planEvent(parts.rules, event))))
    const counts = { accepted: 0, duplicate: 0, stale: 0, quarantined: 0 }
    for (const outcome of outcomes) counts[outcome] += 1
    ctx.status = counts.duplicate === outcomes.length ? 200 : 202
    ctx.body = counts
  })
  return router
}

function tooLarge(limit: number): Problem {
  return new Problem(413, 'too_large', {
    zh: `超过了 ${limit / 1024} KiB 的上限`,
    en: `Larger than the limit of ${limit / 1024} KiB`,
  })
}

// The signature covers the bytes as they came, so no parser may have touched them.
async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    // The rest is read and dropped: a sender that is cut off never sees the answer.
    if (size <= bodyLimit) chunks.push(chunk)
    else if (size > 8 * bodyLimit) break
  }
  if (size > bodyLimit) throw tooLarge(bodyLimit)
  return Buffer.concat(chunks).toString('utf8')
}
