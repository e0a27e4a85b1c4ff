import type { Kysely } from '@atrium/platform/database'
import type { log } from '@atrium/platform/log'
import type { Config } from './config.ts'
import type { Schema } from './database/schema.ts'
import type { AccessClaims } from './oidc/access-token.ts'
import type { SessionEnd } from './oidc/sessions.ts'

/** What the parts of the identity provider are given when they are composed. */
export type Deps = {
  db: Kysely<Schema>
  config: Config
  log: ReturnType<typeof log>
  tokens: {
    issueServiceToken(request: { audience: string; scope: string }): Promise<string>
    verifyAccessToken(jwt: string): Promise<AccessClaims>
  }
  sessions: {
    endSessions(db: Kysely<Schema>, end: SessionEnd): Promise<number>
    countLiveSessions(db: Kysely<Schema>, personIds: string[]): Promise<number>
  }
  hashPassword(plain: string): Promise<string>
}
