import { now } from '@atrium/platform/clock'
import { sql } from 'kysely'
import { type Systems, UpstreamError } from '../systems/types.ts'
import type { CloudEvent } from './cloudevent.ts'
import { planEvent, type Rules } from './rules/plan.ts'
import type { FeedRule } from './rules/schema.ts'
import { at } from './rules/template.ts'
import { asInput } from './system-state.ts'
import type { Taker } from './take.ts'
import { type FeedState, noteSuccess, startTurns, type TurnParts, takeTurn } from './turns.ts'

type Mark = { cursor: string; at: string }

export interface FeedParts extends TurnParts {
  systems: Systems
  rules: Rules
  taker: Taker
}

const longestPauseMs = 60_000

/**
 * Polls the systems that do not send: one gateway at a time, from a cursor that is kept, and that goes back by `overlapMs`
 * at each turn, since a system may give out cursors in another order than it commits. What is read twice is one event.
 */
export function startFeeds(parts: FeedParts): { stop(): Promise<void> } {
  const workers = Object.entries(parts.rules.file.sources).flatMap(([source, { system, feed }]) => {
    if (!feed) return []
    const { everyMs } = feed
    return startTurns(parts, { name: `inbox.feed.${system}`, system, everyMs }, () =>
      pollOnce(parts, source, system, feed),
    )
  })
  return {
    stop: async () => {
      await Promise.all(workers.map(worker => worker.stop()))
    },
  }
}

/** One turn: everything the system has to tell, in pages, unless it failed lately and its pause is not over. */
export async function pollOnce(parts: FeedParts, source: string, system: string, feed: FeedRule): Promise<void> {
  await takeTurn(parts, { system, everyMs: feed.everyMs, longestPauseMs }, state =>
    readOn(parts, source, system, feed, state),
  )
}

async function readOn(
  parts: FeedParts,
  source: string,
  system: string,
  feed: FeedRule,
  state: FeedState,
): Promise<void> {
  const { db } = parts
  const overlapStart = now().getTime() - feed.overlapMs
  let cursor =
    [...state.trail].reverse().find(mark => new Date(mark.at).getTime() <= overlapStart)?.cursor ??
    state.trail[0]?.cursor ??
    ''
  let trail = state.trail
  try {
    for (;;) {
      const answer = await parts.systems
        .get(system)
        .invoke(
          feed.operation,
          asInput(feed.input, { cursor: cursor || undefined, limit: feed.limit }, parts.rules.words),
          {
            credential: { kind: 'service' },
            deadline: Date.now() + 10_000,
            safe: true,
          },
        )
      const changes = at(answer, feed.items)
      const next = at(answer, feed.next)
      if (!Array.isArray(changes) || next === undefined || next === null)
        throw new Error(`${feed.operation} answered without ${feed.items} or ${feed.next}`)
      await Promise.all(
        changes.map(change => parts.taker.take(planEvent(parts.rules, asEvent(parts.rules, feed, source, change)))),
      )
      const progressed = String(next) !== cursor
      cursor = String(next)
      trail = remember(trail, cursor, feed.overlapMs)
      await noteSuccess(db, system, trail)
      if (!progressed || changes.length < feed.limit) return
    }
  } catch (error) {
    // A cursor the system never gave out, e.g. because it was set up anew: everything is read again, known events stay known.
    if (cursor !== '' && error instanceof UpstreamError && error.code === 'UPSTREAM_REFUSED')
      await sql`update event_feed set trail = '[]' where system = ${system}`.execute(db)
    throw error
  }
}

// The newest cursor, those within the overlap, and the one just before it.
function remember(trail: Mark[], cursor: string, overlapMs: number): Mark[] {
  if (trail.at(-1)?.cursor === cursor)
    return trail.length > 1 && new Date(trail[1]!.at).getTime() <= now().getTime() - overlapMs ? trail.slice(1) : trail
  const next = [...trail, { cursor, at: now().toISOString() }]
  const edge = now().getTime() - overlapMs
  const first = Math.max(
    0,
    next.findLastIndex(mark => new Date(mark.at).getTime() <= edge),
  )
  return next.slice(first)
}

function asEvent(rules: Rules, feed: FeedRule, source: string, change: unknown): CloudEvent {
  const scope = change !== null && typeof change === 'object' ? (change as Record<string, unknown>) : {}
  const text = (path: string): string | undefined => {
    const value = at(scope, path)
    return value === undefined || value === null ? undefined : String(value)
  }
  const body = feed.event.data.map(path => at(scope, path)).find(value => value !== undefined && value !== null)
  const time = text(feed.event.time)
  return {
    specversion: '1.0',
    source,
    id: feed.event.id.render(scope, 'zh', rules.words) ?? JSON.stringify(change),
    type: text(feed.event.type) ?? 'unknown',
    ...(feed.event.subject === undefined ? {} : { subject: text(feed.event.subject) }),
    ...(time !== undefined && !Number.isNaN(Date.parse(time)) ? { time: new Date(time).toISOString() } : {}),
    data: body ?? change,
  }
}
