import { sha256 } from '@atrium/platform/secrets'
import type { Context } from 'koa'
import type { SessionDevice } from './tables.ts'

/** From where and with what this request comes, for the person's own list of sessions. @param deviceHash the name of the browser */
export function sessionDevice(ctx: Context, deviceHash: string | undefined): SessionDevice {
  return {
    ip: ctx.ip,
    userAgent: ctx.get('user-agent').slice(0, 400),
    ...(deviceHash ? { deviceHash } : {}),
    startedAt: new Date().toISOString(),
  }
}

/** The name of the browser that has this cookie. */
export function deviceHashOf(ctx: Context, deviceCookie: string): string | undefined {
  const cookie = ctx.cookies.get(deviceCookie, { signed: false })
  return cookie && sha256(cookie)
}
