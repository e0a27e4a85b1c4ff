import type { RpcDialect } from '../configuration.ts'
import { UpstreamError } from '../types.ts'
import { writeDomain } from './domain.ts'
import { type Condition, follow, InputFault, type Scalar, type Site } from './protocol.ts'
import { rpcValues } from './rpc-values.ts'
import { fillTemplate } from './wire-template.ts'

/** What is particular to a system that wraps its json-rpc calls, such as Odoo. */
export interface Dialect {
  /** method and params of an operation `<model>.<name>` */
  wrap(operation: string, params: readonly unknown[], session: unknown): { method: string; params: unknown }
  read(result: unknown): unknown
  domain(conditions: readonly Condition[]): unknown[]
  error(operation: string, error: unknown): UpstreamError
}

const longestReason = 300

export function rpcDialect(dialect: RpcDialect, site: Site): Dialect {
  const { id, settings = {} } = site
  const values = rpcValues(dialect, id)
  return {
    wrap(operation, params, session) {
      const dot = operation.lastIndexOf('.')
      const model = operation.slice(0, Math.max(dot, 0))
      const call = dialect.calls.find(one => one.model === undefined || one.model === model)
      if (!call || dot < 1) throw new InputFault(`${id} has no operation ${operation}`)
      const scope = { model, name: operation.slice(dot + 1), params, session, settings }
      return { method: call.method, params: fillTemplate(call.params, scope) }
    },
    read: values.read,
    domain: conditions => writeDomain(conditions, (field, value: Scalar) => values.write(field, value)),
    error(operation, error) {
      const { errors } = dialect
      const code = String(follow(error, errors.code) ?? '')
      const words = follow(error, errors.reason)
      const message = `${operation}: ${code} ${typeof words === 'string' ? words.slice(0, longestReason) : ''}`
      if (errors.unauthenticated.includes(code))
        return new UpstreamError('UPSTREAM_UNAUTHENTICATED', id, message, { outcome: 'refused' })
      const told = errors.told.includes(code)
      if (told || errors.refused.includes(code))
        return new UpstreamError('UPSTREAM_REFUSED', id, message, {
          outcome: 'refused',
          retryable: false,
          reasonCode: code,
          ...(told && typeof words === 'string' && words !== '' && { reason: words.slice(0, longestReason) }),
        })
      // Whatever else went wrong there is the system's own failure; its words are about its inside.
      return new UpstreamError('UPSTREAM_BAD_ANSWER', id, message, { outcome: 'unknown', retryable: false })
    },
  }
}
