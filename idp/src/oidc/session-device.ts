import { sha256 } from '@atrium/platform/secrets'
import type { Context } from 'koa'
import type { SessionDevice } from './tables.ts'

/** From where and with what this request comes, for the person's own list of sessions. */
export function sessionDevice(ctx: Context, deviceCookie: string): SessionDevice {
  const cookie = ctx.cookies.get(deviceCookie, { signed: false })
  return {
    ip: ctx.ip,
    userAgent: ctx.get('user-agent').slice(0, 400),
    ...(cookie ? { deviceHash: sha256(cookie) } : {}),
    startedAt: new Date().toISOString(),
  }
}
