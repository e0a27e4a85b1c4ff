import type { DatabaseSync } from 'node:sqlite'
import { createApp } from '@atrium/platform/http'
import { Problem } from '@atrium/platform/problem'
import type Koa from 'koa'
import { readBody } from '../web/body.ts'
import type { EventSender } from '../web/events.ts'
import { createFaults, faultControl, strike } from '../web/faults.ts'
import type { Issuer } from '../web/issuer.ts'
import { createSessions } from '../web/sessions.ts'
import { siteRoutes } from '../web/site.ts'
import { openapiDocument } from './openapi.ts'
import { work } from './pages.ts'
import { apiRoutes } from './routes.ts'
import { scimErrors, scimRoutes } from './scim.ts'
import { findUser } from './users.ts'

export const AUDIENCE = 'urn:atrium:system:crm'

export type CrmParts = {
  db: DatabaseSync
  issuer: Issuer
  events: EventSender
  publicUrl: string
  controlToken?: string | undefined
}

/** What a request to the CRM meets, in this order. */
export function createCrm({ db, issuer, events, publicUrl, controlToken }: CrmParts): Koa {
  const app = createApp({ name: 'crm' })
  const faults = createFaults()
  const api = apiRoutes({ db, issuer, audience: AUDIENCE, events })
  const scim = scimRoutes({ db, issuer, audience: AUDIENCE, publicUrl })
  const site = siteRoutes({
    system: 'crm',
    name: { zh: '华信 CRM', en: 'Huaxin CRM' },
    accent: 'blue',
    publicUrl,
    issuer,
    sessions: createSessions(db),
    findUser: userId => {
      const user = findUser(db, userId)
      return user?.active ? user : undefined
    },
    work: (user, language) => work(db, user, language),
  })

  app.use(scimErrors())
  app.use(readBody())
  app.use(faultControl(faults, controlToken))
  app.use(
    strike(faults, {
      names: ctx => [ctx.path, ...api.match(ctx.path, ctx.method).pathAndMethod.flatMap(layer => layer.name ?? [])],
      fault: () => {
        throw new Problem(409, 'business_rule', {
          zh: '业务规则拒绝了这次操作',
          en: 'A business rule refused this operation',
        })
      },
    }),
  )
  app.use(site.routes())
  app.use(async (ctx, next) => {
    if (ctx.path !== '/openapi.json') return await next()
    ctx.body = openapiDocument(publicUrl)
  })
  app.use(api.routes())
  app.use(scim.routes())
  return app
}
