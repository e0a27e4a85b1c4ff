import { randomUUID } from 'node:crypto'
import { currentTrace } from '@atrium/platform/log'
import { readTraceparent, spanEnded } from '@atrium/platform/telemetry'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { type OperationEvent, onOperation } from '../clients/operation-events.ts'
import { Figures } from './figures.ts'
import { operationSeen, type SystemGauges, watchSystems } from './metrics.ts'
import { forgetFigures, type ObservingTables, saveFigures } from './store.ts'

const keptDays = 35
const hourMs = 3_600_000
const other = 'other'

/**
 * Follows every operation: metrics, hourly figures, spans. What an outsider can name becomes `other`, so that nobody fills the
 * metrics or the table.
 * @param deps `clients`: those that are told apart
 */
export function startObserving<DB extends ObservingTables>(deps: {
  db: Kysely<DB>
  clients: Iterable<string>
  systems: () => readonly SystemGauges[]
  log: Logger
  everyMs?: number
}): { flush(): Promise<void>; stop(): Promise<void> } {
  // Only the table of ObservingTables is used below; Kysely's type is invariant in its tables.
  const db = deps.db as unknown as Kysely<ObservingTables>
  const known = new Set(deps.clients)
  const replica = randomUUID()
  const figures = new Figures()
  watchSystems(deps.systems)
  const end = onOperation(event => {
    const operation = event.operation ?? other
    const client = known.has(event.client) ? event.client : other
    operationSeen(event, operation, client)
    figures.add(event, operation, client)
    traceOperation(event, operation)
  })
  let writing: Promise<void> = Promise.resolve()
  const flush = (): Promise<void> => {
    writing = writing.then(async () => {
      const changed = figures.take()
      try {
        await saveFigures(db, replica, changed)
      } catch (error) {
        figures.putBack(changed)
        deps.log.warn({ err: error }, 'the figures of operations were not written; they will be')
      }
    })
    return writing
  }
  const timers = [
    setInterval(() => void flush(), deps.everyMs ?? 5000).unref(),
    setInterval(() => {
      forgetFigures(db, keptDays).catch(error => deps.log.warn({ err: error }, 'old figures were not removed'))
    }, hourMs).unref(),
  ]
  return {
    flush,
    async stop() {
      for (const timer of timers) clearInterval(timer)
      end()
      await flush()
    },
  }
}

/** The span of an operation that has ended, in the trace it ran in. */
export function traceOperation({ caller, client, ms, outcome, calls }: OperationEvent, operation: string): void {
  const trace = currentTrace()
  if (!trace) return
  const total = [...(calls?.byType.values() ?? [])].reduce((sum, one) => sum + one, 0)
  spanEnded({
    name: `GraphQL ${operation}`,
    kind: 'server',
    traceId: trace.traceId,
    spanId: trace.traceparent.slice(36, 52),
    parentId: readTraceparent(caller)?.spanId,
    startedAt: Date.now() - ms,
    ms,
    attributes: {
      'graphql.operation.name': operation,
      'atrium.client.id': client,
      'atrium.outcome': outcome,
      'atrium.calls': total,
    },
    error: outcome === 'failed' ? 'failed' : undefined,
  })
}
