import type { Config } from '../config.ts'
import type { SessionPayload } from './sessions.ts'

/** Seconds a session may rest, and seconds it may last from the sign-in. */
export type SessionTimes = { idle: number; absolute: number }

// Writing the session at every refresh would double its cost; five minutes of precision are enough for an idle time.
const precision = 300

/** The configured times, in seconds. */
export function sessionTimes(config: Config): SessionTimes {
  return { idle: config.SESSION_IDLE_MINUTES * 60, absolute: config.SESSION_MAX_HOURS * 3600 }
}

/** Seconds that a session has from now on: the idle time, cut by the absolute one. At least 1, which ends it. */
export function remaining(session: SessionPayload, times: SessionTimes, now = Date.now() / 1000): number {
  const left = session.loginTs === undefined ? times.idle : session.loginTs + times.absolute - now
  return Math.max(1, Math.floor(Math.min(times.idle, left)))
}

/** The new `exp` of a session that is in use, or undefined while the old one is good enough. */
export function extended(session: SessionPayload, times: SessionTimes, now = Date.now() / 1000): number | undefined {
  const exp = Math.floor(now) + remaining(session, times, now)
  return session.exp !== undefined && exp - session.exp >= Math.min(precision, times.idle / 2) ? exp : undefined
}
