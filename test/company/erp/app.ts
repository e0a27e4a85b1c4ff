import type { DatabaseSync } from 'node:sqlite'
import { createApp } from '@atrium/platform/http'
import type Koa from 'koa'
import type { Context } from 'koa'
import { verifyBearer } from '../web/bearer.ts'
import { readBody } from '../web/body.ts'
import { createFaults, faultControl, strike } from '../web/faults.ts'
import type { Issuer } from '../web/issuer.ts'
import type { createSessions } from '../web/sessions.ts'
import { siteRoutes } from '../web/site.ts'
import { AUDIENCE } from './access/caller.ts'
import type { Emit } from './business/events.ts'
import { findUser } from './business/users.ts'
import { odataRoutes, SERVICE_PATH } from './odata/routes.ts'
import { workPage } from './page.ts'

/** The ERP as what a request meets, in order. */
export function createErpApp(options: {
  db: DatabaseSync
  publicUrl: string
  issuer: Issuer
  sessions: ReturnType<typeof createSessions>
  today: () => string
  emit: Emit
  controlToken: string | undefined
}): Koa {
  const { db, publicUrl, issuer, sessions, today, emit } = options
  const faults = createFaults()
  const app = createApp({ name: 'erp' })
  const parse = readBody()
  app.use((ctx, next) => (isOData(ctx) ? next() : parse(ctx, next)))
  app.use(faultControl(faults, options.controlToken))
  app.use(strike(faults, { names: ctx => [ctx.path, `${ctx.method} ${resourceName(ctx)}`], fault: answerSapError }))
  app.use(
    odataRoutes({ db, root: `${publicUrl}${SERVICE_PATH}`, today, emit }, header =>
      verifyBearer(header, issuer, AUDIENCE),
    ),
  )
  app.use(
    siteRoutes({
      system: 'erp',
      name: { zh: '华信 ERP', en: 'Huaxin ERP' },
      accent: 'amber',
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

const isOData = (ctx: Context) => ctx.path.startsWith(SERVICE_PATH)

/** `StockLevels` of `/odata/v4/StockLevels(Product='…')`. */
const resourceName = (ctx: Context) =>
  isOData(ctx) ? (/^\/?([$\w]*)/.exec(ctx.path.slice(SERVICE_PATH.length))?.[1] ?? '') : ctx.path

/** What SAP's Gateway says when the application behind it fails (facts: its error bodies name internals). */
function answerSapError(ctx: Context): void {
  ctx.status = 500
  ctx.body = {
    error: {
      code: '/IWBEP/CM_MGW_RT/022',
      message: 'Exception raised without specific error in CL_SALES_ORDER_DPC_EXT at erp-app-03.internal:50001',
      innererror: { transactionid: '4F2A90E1B7', errordetails: [{ code: 'DBIF_RSQL_SQL_ERROR', severity: 'error' }] },
    },
  }
}
