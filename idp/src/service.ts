import { startSealing } from '@atrium/platform/audit'
import { migrate, openDatabase, ping, platformMigrate } from '@atrium/platform/database'
import { type Served, serve } from '@atrium/platform/http'
import { log } from '@atrium/platform/log'
import { idpApp } from './app.ts'
import { startCounting } from './applications/use.ts'
import type { Config } from './config.ts'
import type { Schema } from './database/schema.ts'
import type { Deps } from './deps.ts'
import { startMailDelivery } from './mail/delivery.ts'
import { startForgetting } from './mail/purge.ts'
import { accessTokens } from './oidc/access-token.ts'
import { startExpiry } from './oidc/expiry.ts'
import { startKeyRing } from './oidc/key-ring.ts'
import { startLogoutDelivery } from './oidc/logout.ts'
import { revokedTokens } from './oidc/revocation.ts'
import { serviceTokens } from './oidc/service-token.ts'
import { countLiveSessions, endSessions } from './oidc/sessions.ts'
import { startProvisioning } from './provisioning/start.ts'
import { offerFirstAdministrator } from './sign-in/first-administrator.ts'
import { hashPassword, setHashingCost } from './sign-in/password.ts'
import { startResets } from './sign-in/reset/request.ts'

/** A running identity provider; `deps` is what its parts were given. */
export type IdpService = Served & { deps: Deps }

/** Opens the database, brings it up to date, starts the workers and listens. */
export async function startIdp(config: Config): Promise<IdpService> {
  setHashingCost(config.PASSWORD_HASH)
  const db = openDatabase<Schema>(config.DATABASE_URL, { applicationName: 'atrium-idp', prepare: true, lanes: 8 })
  await platformMigrate(db)
  await migrate(db, new URL('./database/migrations/', import.meta.url))
  const keys = await startKeyRing(db, config)
  const tokens = accessTokens(config.ISSUER, keys, revokedTokens(db))
  const deps: Deps = {
    db,
    config,
    log: log('idp'),
    tokens: { issueServiceToken: serviceTokens(tokens), verifyAccessToken: tokens.verifyAccessToken },
    sessions: { endSessions, countLiveSessions },
    hashPassword,
  }
  const signIns = startCounting(db)
  const workers = [
    signIns,
    startSealing(db, { name: 'idp' }),
    startLogoutDelivery({
      db,
      issuer: config.ISSUER,
      keys,
      retryDelays: config.RETRY_DELAYS,
      OUTGOING_HOSTS: config.OUTGOING_HOSTS,
    }),
    startExpiry(db),
    keys,
    startProvisioning(deps),
    startMailDelivery(deps),
    startForgetting(db),
    startResets(deps),
  ]
  const served = await serve(idpApp(deps, keys, signIns), {
    name: 'idp',
    port: config.PORT,
    host: config.HOST,
    health: { database: () => ping(db) },
    onStop: async () => {
      await Promise.all(workers.map(worker => worker.stop()))
      await db.destroy()
    },
  })
  const link = await offerFirstAdministrator(deps)
  // For the person at the terminal; the log's readers are others, so it does not go there.
  if (link) process.stdout.write(`Set the password of the first administrator (admin) within 24 hours:\n  ${link}\n`)
  return { ...served, deps }
}
