import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { now } from '@atrium/platform/clock'

export const sessionSchema = `
  -- Only hashes of cookies are kept: a stolen file signs nobody in.
  CREATE TABLE IF NOT EXISTS web_session (
    id_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL, sub TEXT NOT NULL, sid TEXT,
    created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL
  ) STRICT;
  -- Back-channel logout ends sessions by these two.
  CREATE INDEX IF NOT EXISTS web_session_sid ON web_session (sid);
  CREATE INDEX IF NOT EXISTS web_session_sub ON web_session (sub);
  CREATE TABLE IF NOT EXISTS web_login (
    state TEXT PRIMARY KEY, browser_hash TEXT NOT NULL, nonce TEXT NOT NULL, verifier TEXT NOT NULL,
    return_to TEXT NOT NULL, created_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS web_logout (
    jti TEXT PRIMARY KEY, sid TEXT, at INTEGER NOT NULL
  ) STRICT;
  -- A sign-in that comes back after its session was ended must find that out.
  CREATE INDEX IF NOT EXISTS web_logout_sid ON web_logout (sid);
`

const IDLE_MS = 8 * 3_600_000
const ABSOLUTE_MS = 12 * 3_600_000
const LOGIN_MS = 15 * 60_000
const LOGOUT_MEMORY_MS = 24 * 3_600_000

export type WebSession = { userId: string; sub: string; sid: string | null }
export type PendingLogin = { state: string; nonce: string; verifier: string; returnTo: string }

/** Browser sessions of a sample system, in its own SQLite file. Needs `sessionSchema`. */
export type WebSessions = ReturnType<typeof createSessions>

const hash = (value: string) => createHash('sha256').update(value).digest('base64url')
export const randomToken = (): string => randomBytes(32).toString('base64url')

export function createSessions(db: DatabaseSync) {
  const insert = db.prepare('INSERT INTO web_session VALUES (?, ?, ?, ?, ?, ?)')
  const select = db.prepare(
    'SELECT user_id, sub, sid, seen_at FROM web_session WHERE id_hash = ? AND seen_at > ? AND created_at > ?',
  )
  const touch = db.prepare('UPDATE web_session SET seen_at = ? WHERE id_hash = ?')
  const remove = db.prepare('DELETE FROM web_session WHERE id_hash = ?')
  const removeOld = db.prepare('DELETE FROM web_session WHERE seen_at < ? OR created_at < ?')
  const insertLogin = db.prepare('INSERT INTO web_login VALUES (?, ?, ?, ?, ?, ?)')
  const takeLogin = db.prepare(
    'DELETE FROM web_login WHERE state = ? AND browser_hash = ? AND created_at > ? RETURNING nonce, verifier, return_to',
  )
  const removeOldLogins = db.prepare('DELETE FROM web_login WHERE created_at < ?')
  const insertLogout = db.prepare('INSERT OR IGNORE INTO web_logout VALUES (?, ?, ?)')
  const removeOldLogouts = db.prepare('DELETE FROM web_logout WHERE at < ?')
  const endedSid = db.prepare('SELECT 1 FROM web_logout WHERE sid = ?')
  const removeBySid = db.prepare('DELETE FROM web_session WHERE sid = ?')
  const removeBySub = db.prepare('DELETE FROM web_session WHERE sub = ?')
  const time = () => now().getTime()

  return {
    /** Begins a session; returns the cookie's value, or null when the issuer ended that `sid` meanwhile. */
    begin({ userId, sub, sid }: WebSession): string | null {
      if (sid && endedSid.get(sid)) return null
      removeOld.run(time() - IDLE_MS, time() - ABSOLUTE_MS)
      const token = randomToken()
      insert.run(hash(token), userId, sub, sid, time(), time())
      return token
    },

    find(token: string | undefined): WebSession | undefined {
      if (!token) return undefined
      const row = select.get(hash(token), time() - IDLE_MS, time() - ABSOLUTE_MS) as
        | { user_id: string; sub: string; sid: string | null; seen_at: number }
        | undefined
      if (!row) return undefined
      // Once a minute is enough for an idle limit of hours, and spares a write at every request.
      if (time() - row.seen_at > 60_000) touch.run(time(), hash(token))
      return { userId: row.user_id, sub: row.sub, sid: row.sid }
    },

    end(token: string) {
      remove.run(hash(token))
    },

    rememberLogin(login: PendingLogin, browser: string) {
      removeOldLogins.run(time() - LOGIN_MS)
      insertLogin.run(login.state, hash(browser), login.nonce, login.verifier, login.returnTo, time())
    },

    /** Takes a pending sign-in, once, and only in the browser that began it. */
    takeLogin(state: string, browser: string): PendingLogin | undefined {
      const row = takeLogin.get(state, hash(browser), time() - LOGIN_MS) as
        | { nonce: string; verifier: string; return_to: string }
        | undefined
      return row && { state, nonce: row.nonce, verifier: row.verifier, returnTo: row.return_to }
    },

    /** Ends what a verified logout token names. A repeat of the same token changes nothing. Returns the number ended. */
    endByIssuer({ jti, sid, sub }: { jti: string; sid?: string; sub?: string }): number {
      removeOldLogouts.run(time() - LOGOUT_MEMORY_MS)
      insertLogout.run(jti, sid ?? null, time())
      return Number((sid ? removeBySid.run(sid) : removeBySub.run(sub ?? '')).changes)
    },
  }
}
