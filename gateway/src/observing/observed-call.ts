import { currentTrace, withTrace } from '@atrium/platform/log'
import { isTracing, spanEnded } from '@atrium/platform/telemetry'
import { UpstreamError } from '../systems/types.ts'
import { callSeen } from './metrics.ts'

/** A call to a system, as much as may be told of it: its address may carry what somebody asked for. */
export interface CallAbout {
  system: string
  operation: string
  method: string
  url: string
}

/** Makes a call that is counted and, while tracing is on, a span of its own whose id the system is given. */
export function observedCall<T>(
  about: CallAbout,
  work: (answered: (status: number) => void) => Promise<T>,
): Promise<T> {
  const parent = isTracing() ? currentTrace() : undefined
  if (!parent) return measured(about, work, () => {})
  return withTrace(parent.traceparent, () => {
    const own = currentTrace() ?? parent
    const startedAt = Date.now()
    return measured(about, work, (ms, status, error) => {
      const { system, operation, method, url } = about
      const { hostname, port } = address(url)
      spanEnded({
        name: `${system} ${operation}`,
        kind: 'client',
        traceId: own.traceId,
        spanId: own.traceparent.slice(36, 52),
        parentId: parent.traceparent.slice(36, 52),
        startedAt,
        ms,
        attributes: {
          'atrium.system': system,
          'atrium.operation': operation,
          'http.request.method': method,
          'server.address': hostname,
          ...(port && { 'server.port': Number(port) }),
          ...(status && { 'http.response.status_code': status }),
        },
        error,
      })
    })
  })
}

async function measured<T>(
  { system }: CallAbout,
  work: (answered: (status: number) => void) => Promise<T>,
  ended: (ms: number, status: number, error: string | undefined) => void,
): Promise<T> {
  const started = performance.now()
  let status = 0
  let error: string | undefined
  try {
    return await work(given => {
      status = given
    })
  } catch (cause) {
    error = cause instanceof UpstreamError ? cause.code : 'INTERNAL'
    throw cause
  } finally {
    const ms = performance.now() - started
    callSeen(system, error ?? 'ok', ms)
    ended(ms, status, error)
  }
}

/** Where a system is; carriers that speak no HTTP have addresses of their own kind. */
function address(url: string): { hostname: string; port: string } {
  try {
    return new URL(url)
  } catch {
    return { hostname: '', port: '' }
  }
}
