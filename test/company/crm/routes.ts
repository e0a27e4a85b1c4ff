import type { DatabaseSync } from 'node:sqlite'
import { Problem } from '@atrium/platform/problem'
import type {} from '@koa/bodyparser'
import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { verifyBearer } from '../web/bearer.ts'
import type { EventSender } from '../web/events.ts'
import type { Issuer } from '../web/issuer.ts'
import { type Viewer, viewerOf } from './access.ts'
import { createCustomer, customerSorts, getCustomer, listContacts, listCustomers, updateCustomer } from './customers.ts'
import { channels, completeFollowUp, createFollowUp, followUpSorts, listFollowUps } from './follow-ups.ts'
import { listOpportunities, opportunitySorts, stages, updateOpportunity } from './opportunities.ts'
import { param, parse, sortBy } from './query.ts'
import { periodOf, reportFollowUpConversion, reportNewCustomers, reportPipeline } from './reports.ts'
import { crmRoles, setRoles } from './users.ts'

const { list, listOf, paging } = param
const statuses = ['ACTIVE', 'PROSPECT', 'DORMANT'] as const

const customerQuery = z.object({
  customerNo: list,
  owner: list,
  status: listOf(statuses),
  q: z.string().trim().max(100).optional(),
  createdFrom: param.moment.optional(),
  createdTo: param.moment.optional(),
  sort: sortBy(customerSorts, 'customerNo'),
  ...paging,
})
const contactQuery = z.object({ customerNo: list, ...paging })
const opportunityQuery = z.object({
  oppId: list,
  customerNo: list,
  owner: list,
  stage: listOf(stages),
  sort: sortBy(opportunitySorts, 'oppId'),
  ...paging,
})
const followUpQuery = z.object({
  customerNo: list,
  owner: list,
  status: listOf(['PLANNED', 'DONE']),
  dueFrom: param.moment.optional(),
  dueTo: param.moment.optional(),
  sort: sortBy(followUpSorts, 'dueAt'),
  ...paging,
})
const pipelineQuery = z.object({ owner: list })
const periodQuery = z
  .object({
    from: param.day.optional(),
    to: param.day.optional(),
    groupBy: z.literal('month').default('month'),
    owner: list,
  })
  .refine(({ from, to }) => !from || !to || from <= to, { message: 'from must not lie after to', path: ['from'] })

const customerFields = {
  shortName: z.string().trim().min(1).max(100),
  industry: z.string().trim().max(50),
  region: z.string().trim().max(50),
  level: z.enum(['A', 'B', 'C']),
  phone: z
    .string()
    .trim()
    .max(40)
    .regex(/^[+\d][\d\s()-]*$/, 'expected a phone number like 0512-67881234'),
  email: z.email().max(200),
  address: z.string().trim().max(200),
  status: z.enum(statuses),
  ownerId: z.string().min(1).max(32),
}
const name = z.string().trim().min(2).max(100)
const customerChange = z
  .strictObject({ name, ...customerFields })
  .partial()
  .refine(change => Object.keys(change).length > 0, 'nothing to change was given')
const newCustomer = z.strictObject({ name, ...z.object(customerFields).partial().shape })
const opportunityChange = z
  .strictObject({
    stage: z.enum(stages).optional(),
    amount: z
      .string()
      .regex(/^\d{1,11}(\.\d{1,2})?$/, 'expected an amount like "1234.50"')
      .optional(),
    probability: z.number().int().min(0).max(100).optional(),
    expectedClose: param.day.optional(),
    nextStep: z.string().trim().max(200).optional(),
  })
  .refine(change => Object.keys(change).length > 0, 'nothing to change was given')
const newFollowUp = z.strictObject({
  customerNo: z.string().min(1),
  content: z.string().trim().min(1).max(2000),
  channel: z.enum(channels).optional(),
  nextAt: param.moment.optional(),
  nextContent: z.string().trim().min(1).max(2000).optional(),
})
const completion = z.strictObject({ result: z.string().trim().min(1).max(500), converted: z.boolean().default(false) })

/** The CRM's REST API below /api/v1; a route's name is its operationId in the OpenAPI document. */
export function apiRoutes({
  db,
  issuer,
  audience,
  events,
}: {
  db: DatabaseSync
  issuer: Issuer
  audience: string
  events: EventSender
}): Router {
  const router = new Router({ prefix: '/api/v1' })
  const viewer = (ctx: Context): Viewer => ctx.state.viewer as Viewer
  router.use(async (ctx, next) => {
    ctx.state.viewer = viewerOf(db, await verifyBearer(ctx.get('authorization'), issuer, audience))
    ctx.set('Cache-Control', 'no-store')
    await next()
  })

  router.get('listCustomers', '/customers', ctx => {
    ctx.body = listCustomers(db, viewer(ctx), parse(customerQuery, ctx.query))
  })
  router.post('createCustomer', '/customers', ctx => {
    ctx.body = createCustomer(db, viewer(ctx), parse(newCustomer, ctx.request.body), events)
    ctx.status = 201
  })
  router.get('getCustomer', '/customers/:customerNo', ctx => {
    ctx.body = getCustomer(db, viewer(ctx), ctx.params.customerNo!)
  })
  router.patch('updateCustomer', '/customers/:customerNo', ctx => {
    ctx.body = updateCustomer(db, viewer(ctx), ctx.params.customerNo!, parse(customerChange, ctx.request.body))
  })
  router.get('listContacts', '/contacts', ctx => {
    ctx.body = listContacts(db, viewer(ctx), parse(contactQuery, ctx.query))
  })
  router.get('listOpportunities', '/opportunities', ctx => {
    ctx.body = listOpportunities(db, viewer(ctx), parse(opportunityQuery, ctx.query))
  })
  router.patch('updateOpportunity', '/opportunities/:oppId', ctx => {
    ctx.body = updateOpportunity(db, viewer(ctx), ctx.params.oppId!, parse(opportunityChange, ctx.request.body), events)
  })
  router.get('listFollowUps', '/followups', ctx => {
    ctx.body = listFollowUps(db, viewer(ctx), parse(followUpQuery, ctx.query))
  })
  router.post('createFollowUp', '/followups', ctx => {
    ctx.body = createFollowUp(db, viewer(ctx), parse(newFollowUp, ctx.request.body), events)
    ctx.status = 201
  })
  router.post('completeFollowUp', '/followups/:followUpId/completion', ctx => {
    ctx.body = completeFollowUp(db, viewer(ctx), ctx.params.followUpId!, parse(completion, ctx.request.body), events)
  })
  router.get('reportPipeline', '/reports/pipeline', ctx => {
    ctx.body = reportPipeline(db, viewer(ctx), parse(pipelineQuery, ctx.query))
  })
  router.get('reportNewCustomers', '/reports/new-customers', ctx => {
    const { from, to, owner } = parse(periodQuery, ctx.query)
    ctx.body = reportNewCustomers(db, viewer(ctx), periodOf(from, to), owner)
  })
  router.get('reportFollowUpConversion', '/reports/followup-conversion', ctx => {
    const { from, to, owner } = parse(periodQuery, ctx.query)
    ctx.body = reportFollowUpConversion(db, viewer(ctx), periodOf(from, to), owner)
  })
  router.get('getMe', '/users/me', ctx => {
    const who = viewer(ctx)
    ctx.body =
      who.kind === 'user'
        ? {
            kind: 'user',
            userId: who.user.userId,
            name: who.user.name,
            department: who.user.department,
            roles: who.user.roles,
          }
        : { kind: 'service', userId: who.clientId, name: who.clientId, department: null, roles: [] }
  })
  router.put('setUserRoles', '/users/:userId/roles', ctx => {
    const who = viewer(ctx)
    if (who.kind !== 'user' || !who.user.roles.includes('Admin'))
      throw new Problem(403, 'not_administrator', {
        zh: '只有 CRM 管理员可以修改角色',
        en: 'Only an administrator of the CRM changes roles',
      })
    const { roles } = parse(z.strictObject({ roles: z.array(z.enum(crmRoles)) }), ctx.request.body)
    const user = setRoles(db, ctx.params.userId!, roles)
    if (!user)
      throw new Problem(404, 'user_unknown', {
        zh: `没有用户 ${ctx.params.userId}`,
        en: `There is no user ${ctx.params.userId}`,
      })
    ctx.body = { kind: 'user', userId: user.userId, name: user.name, department: user.department, roles: user.roles }
  })
  return router
}
