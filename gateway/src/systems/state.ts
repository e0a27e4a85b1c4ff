import { now } from '@atrium/platform/clock'
import type { Connector } from './connector.ts'
import type { SystemState, Text } from './types.ts'
import { pausedWords, span } from './words.ts'

// A pause that is over before anybody has read of it is none for people, ms.
const worthTelling = 2000

/** What a system's calls of the last five minutes say of it. */
export function stateOf(connector: Connector, misfit = false): SystemState {
  const { statistics, breaker, definition } = connector
  const { p95Ms, calls, errorRate } = statistics.recent()
  // Half open it is only being tried: it would seem well for a moment at each trial.
  if (misfit || breaker.state !== 'CLOSED') return 'DOWN'
  if ((connector.pace.pause?.until.getTime() ?? 0) - now().getTime() > worthTelling) return 'PAUSED'
  if (calls === 0) return statistics.lastFailureAt ? 'DOWN' : 'UNKNOWN'
  const failedLast = (statistics.lastFailureAt?.getTime() ?? 0) > (statistics.lastSuccessAt?.getTime() ?? 0)
  if (failedLast && (errorRate ?? 0) >= 0.5) return 'DOWN'
  return (p95Ms ?? 0) > definition.limits.slowMs ? 'SLOW' : 'UP'
}

/** One sentence for people, when there is something to say. `reason` is why the last call failed. */
export function explain(connector: Connector, state: SystemState, reason: Text | undefined): Text | null {
  const { name, limits } = connector.definition
  const { pause } = connector.pace
  if (state === 'PAUSED' && pause) {
    const { zh, en } = pausedWords(pause, now())
    return { zh: `${name.zh}：${zh}`, en: `${name.en}: ${en}` }
  }
  if (state === 'DOWN')
    return reason
      ? { zh: `${name.zh} 没有正常应答：${reason.zh}`, en: `${name.en} does not answer as it should: ${reason.en}` }
      : { zh: `${name.zh} 没有应答`, en: `${name.en} does not answer` }
  if (state === 'SLOW')
    return {
      zh: `${name.zh} 变慢：每 20 次应答有 1 次超过 ${span(limits.slowMs).zh}`,
      en: `${name.en} is slow: one answer in 20 takes more than ${span(limits.slowMs).en}`,
    }
  if (state === 'UP' && connector.onlyReached)
    return {
      zh: `${name.zh} 的地址有应答；还没有请求能证实它工作正常`,
      en: `${name.en} answers at its address; no call has shown yet that it works`,
    }
  return null
}

/** A system that people use needs no probe; one that nobody asks, that is down or whose breaker waits for a trial, does. */
export function isProbeDue(connector: Connector, state: SystemState, probedAt: number): boolean {
  const at = now().getTime()
  if (connector.pace.pause) return false
  const { nextProbeAt } = connector.breaker
  if (nextProbeAt) return nextProbeAt.getTime() <= at
  const { probeMs } = connector.definition
  if (connector.current === undefined || state === 'DOWN') return at - probedAt >= Math.min(2000, probeMs)
  return at - Math.max(probedAt, connector.statistics.lastSuccessAt?.getTime() ?? 0) >= probeMs
}
