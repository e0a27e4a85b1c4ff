import { setTimeout as wait } from 'node:timers/promises'
import type {} from '@koa/bodyparser'
import type { Context, Middleware } from 'koa'
import { z } from 'zod'

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}

export const faultSchema = z.array(
  z.object({
    /** Regular expression on the operation's name or the request's path. */
    match: z.string().refine(isPattern, 'expected a regular expression'),
    mode: z.enum(['delay', 'delayAfter', 'status', 'html', 'hang', 'shuffle', 'drop', 'duplicate', 'badJson', 'fault']),
    ms: z.number().int().min(0).optional(),
    status: z.number().int().min(100).max(599).optional(),
    /** How often it strikes; without it, until cleared. */
    times: z.number().int().min(1).optional(),
  }),
)
export type Fault = z.infer<typeof faultSchema>[number]

/** The faults a test has asked for. In memory: a restart heals the system. */
export type Faults = {
  set(faults: Fault[]): void
  clear(): void
  /** The first fault that matches one of the names, counted as used; undefined when there is none. */
  take(...names: string[]): Fault | undefined
}

export function createFaults(): Faults {
  let armed: { fault: Fault; pattern: RegExp; left: number }[] = []
  return {
    set: faults => {
      armed = faults.map(fault => ({
        fault,
        pattern: new RegExp(fault.match),
        left: fault.times ?? Number.POSITIVE_INFINITY,
      }))
    },
    clear: () => {
      armed = []
    },
    take: (...names) => {
      const entry = armed.find(({ pattern, left }) => left > 0 && names.some(name => pattern.test(name)))
      if (entry) entry.left--
      return entry?.fault
    },
  }
}

/** `PUT /_control/faults` sets, `DELETE` clears; only with the right `x-control-token`, else the path does not exist. */
export function faultControl(faults: Faults, controlToken: string | undefined): Middleware {
  return async (ctx, next) => {
    if (ctx.path !== '/_control/faults' || !controlToken || ctx.get('x-control-token') !== controlToken)
      return await next()
    if (ctx.method === 'DELETE') faults.clear()
    else if (ctx.method === 'PUT') {
      const parsed = faultSchema.safeParse(ctx.request.body)
      if (!parsed.success) {
        ctx.status = 400
        ctx.body = { error: z.prettifyError(parsed.error) }
        return
      }
      faults.set(parsed.data)
    } else return await next()
    ctx.status = 204
  }
}

export const loginPageInsteadOfData = '<!doctype html><title>系统维护</title><h1>系统维护中，请稍后再试</h1>'

/**
 * Lets a fault strike a request. For JSON answers it knows all modes; `fault` calls `options.fault`.
 * @param options.names what a fault may match, e.g. path and operation
 */
export function strike(
  faults: Faults,
  options: { names(ctx: Context): string[]; fault(ctx: Context): void },
): Middleware {
  return async (ctx, next) => {
    const fault = faults.take(...options.names(ctx))
    if (!fault) return await next()
    switch (fault.mode) {
      case 'delay':
        await wait(fault.ms ?? 1000)
        return await next()
      case 'delayAfter':
        await next()
        await wait(fault.ms ?? 1000)
        return
      case 'status':
        ctx.status = fault.status ?? 500
        ctx.body = ''
        return
      case 'html':
        ctx.status = fault.status ?? 200
        ctx.type = 'html'
        ctx.body = loginPageInsteadOfData
        return
      case 'hang':
        // Until the caller gives up.
        return await new Promise<void>(resolve => ctx.res.once('close', resolve))
      case 'fault':
        return options.fault(ctx)
      case 'badJson':
        await next()
        ctx.body = JSON.stringify(ctx.body ?? {}).slice(0, -3)
        ctx.type = 'application/json'
        return
      default:
        await next()
        rearrangeBody(ctx, fault.mode)
    }
  }
}

/** The lies a list can tell: `shuffle` reverses it, `drop` leaves the first row out, `duplicate` repeats it. */
export function rearrange<T>(rows: T[], mode: 'shuffle' | 'drop' | 'duplicate'): T[] {
  if (mode === 'shuffle') return rows.toReversed()
  if (mode === 'drop') return rows.slice(1)
  return rows.length ? [rows[0]!, ...rows] : rows
}

function rearrangeBody(ctx: Context, mode: 'shuffle' | 'drop' | 'duplicate') {
  const body = ctx.body as Record<string, unknown> | undefined
  for (const key of ['items', 'value', 'Resources'])
    if (Array.isArray(body?.[key])) ctx.body = { ...body, [key]: rearrange(body[key], mode) }
}
