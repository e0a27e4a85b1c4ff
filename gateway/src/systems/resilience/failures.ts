import { log } from '@atrium/platform/log'
import { InputFault, MappingFault } from '../protocols/protocol.ts'
import { UpstreamError } from '../types.ts'
import { BulkheadFull } from './bulkhead.ts'
import { TooLate } from './in-time.ts'
import { TooSoon } from './pace.ts'

const logger = log('gateway')

/** Whatever ended a call, as an error of the system it was for. */
export function asUpstreamError(system: string, error: unknown): UpstreamError {
  if (error instanceof UpstreamError) return error
  if (error instanceof BulkheadFull)
    return new UpstreamError('UPSTREAM_UNAVAILABLE', system, error.message, {
      outcome: 'not_sent',
      retryable: false,
      kind: 'queue_full',
    })
  if (error instanceof TooLate)
    return new UpstreamError('UPSTREAM_TIMEOUT', system, error.message, { outcome: 'not_sent', kind: 'no_time' })
  if (error instanceof TooSoon)
    return new UpstreamError('UPSTREAM_BUSY', system, error.message, { outcome: 'not_sent' })
  if (error instanceof InputFault)
    return new UpstreamError('UPSTREAM_REFUSED', system, error.message, {
      outcome: 'not_sent',
      retryable: false,
      cause: error,
    })
  if (error instanceof MappingFault)
    return new UpstreamError('UPSTREAM_BAD_ANSWER', system, error.message, {
      outcome: 'not_sent',
      retryable: false,
      cause: error,
    })
  logger.error({ err: error, system }, 'a call failed in a way nobody foresaw')
  return new UpstreamError('UPSTREAM_BAD_ANSWER', system, (error as Error).message, { retryable: false, cause: error })
}

/** Whether an error says that the system is in trouble. What it refuses with good reason shows that it is alive. */
export function isFailureOfSystem(error: unknown): boolean {
  if (!(error instanceof UpstreamError)) return true
  return (
    error.code === 'UPSTREAM_TIMEOUT' ||
    error.code === 'UPSTREAM_BAD_ANSWER' ||
    error.code === 'UPSTREAM_UNTRUSTED' ||
    error.code === 'UPSTREAM_UNAVAILABLE'
  )
}
