import type { DatabaseSync } from 'node:sqlite'
import { createApp } from '@atrium/platform/http'
import type Koa from 'koa'
import type { Context } from 'koa'
import { verifyBearer } from '../web/bearer.ts'
import { readBody } from '../web/body.ts'
import { createFaults, faultControl } from '../web/faults.ts'
import type { Issuer } from '../web/issuer.ts'
import type { WebSessions } from '../web/sessions.ts'
import { siteRoutes } from '../web/site.ts'
import { AUDIENCE } from './access/caller.ts'
import { workPage } from './page.ts'
import { SOAP_PATH, soapRoutes } from './soap/routes.ts'
import { createSoapServer } from './soap/server.ts'
import { findUser } from './users.ts'

/** The OA as what a request meets, in order. */
export async function createOaApp(options: {
  db: DatabaseSync
  publicUrl: string
  issuer: Issuer
  sessions: WebSessions
  controlToken: string | undefined
}): Promise<Koa> {
  const { db, publicUrl, issuer, sessions } = options
  const faults = createFaults()
  const app = createApp({ name: 'oa' })
  const parse = readBody()
  app.use((ctx, next) => (isSoap(ctx) ? next() : parse(ctx, next)))
  app.use(faultControl(faults, options.controlToken))
  app.use(
    soapRoutes({
      db,
      publicUrl,
      faults,
      answer: await createSoapServer(db, publicUrl),
      authenticate: header => verifyBearer(header, issuer, AUDIENCE),
    }),
  )
  app.use(
    siteRoutes({
      system: 'oa',
      name: { zh: '华信 OA', en: 'Huaxin OA' },
      accent: 'green',
      publicUrl,
      issuer,
      sessions,
      findUser: userId => {
        const user = findUser(db, userId)
        return user?.active ? user : undefined
      },
      work: (user, language) => workPage(db, user, language),
    }).routes(),
  )
  return app
}

const isSoap = (ctx: Context) => ctx.path.startsWith(SOAP_PATH)
