import type { Connector } from './connector.ts'
import type { SystemState, Text } from './types.ts'

/** What a system's calls of the last five minutes say of it. */
export function stateOf(connector: Connector, misfit = false): SystemState {
  const { statistics, breaker, definition } = connector
  const { p95Ms, calls, errorRate } = statistics.recent()
  if (misfit || breaker.state === 'OPEN') return 'DOWN'
  if (calls === 0) return statistics.lastFailureAt ? 'DOWN' : 'UNKNOWN'
  const failedLast = (statistics.lastFailureAt?.getTime() ?? 0) > (statistics.lastSuccessAt?.getTime() ?? 0)
  if (failedLast && (errorRate ?? 0) >= 0.5) return 'DOWN'
  return (p95Ms ?? 0) > definition.limits.slowMs ? 'SLOW' : 'UP'
}

/** One sentence for people, when there is something to say. */
export function explain(connector: Connector, state: SystemState, since: Date | null): Text | null {
  const { name, limits } = connector.definition
  const at = (since ?? new Date()).toISOString().slice(11, 16)
  if (state === 'DOWN')
    return { zh: `${name.zh} 自 ${at} UTC 起没有应答`, en: `${name.en} has not answered since ${at} UTC` }
  if (state === 'SLOW')
    return {
      zh: `${name.zh} 变慢：超过 ${limits.slowMs} 毫秒`,
      en: `${name.en} is slow: more than ${limits.slowMs} ms`,
    }
  return null
}
