import { readAudit, verifyAudit } from '@atrium/platform/audit'
import { z } from 'zod'
import { importCompany } from '../directory/import.ts'
import { importSchema } from '../directory/import-schema.ts'
import { listDeliveries, retryDelivery } from './deliveries.ts'
import { operation } from './operation.ts'
import { auditEntry, delivery } from './schemas.ts'

const rowId = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER)

/** What happened and what is on its way; taking over a company. */
export const logOperations = [
  operation({
    id: 'importCompany',
    method: 'post',
    path: '/admin/import',
    summary: 'Take over a directory, roles and applications: all of the document or nothing; a repeat changes nothing',
    tag: 'Directory',
    body: importSchema,
    answer: z.object({
      departments: z.int(),
      people: z.int(),
      businessRoles: z.int(),
      assignments: z.int(),
      rules: z.int(),
      applications: z.int(),
      separationRules: z.int(),
      changedPeople: z.int(),
      publishedVersion: z.int().nullable(),
    }),
    problems: [409, 422],
    handle: ({ body, caller, deps }) => importCompany(deps, body, caller.actor, caller.ip),
  }),
  operation({
    id: 'readAudit',
    method: 'get',
    path: '/admin/audit',
    summary: 'Who did what, newest first',
    tag: 'Audit',
    query: z.strictObject({
      actor: z.string().max(100).optional().describe('Id or name'),
      target: z.string().max(100).optional().describe('Id or name'),
      action: z.string().max(100).optional().describe('The beginning of an action, e.g. `roles.`'),
      except: z.string().max(400).optional().describe('Actions to leave out, with commas between them'),
      before: rowId.optional().describe('`next` of the page before'),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    answer: z.object({ items: z.array(auditEntry), next: z.int().nullable() }),
    handle: async ({ query, deps }) => {
      const rows = await readAudit(deps.db, {
        limit: query.limit + 1,
        ...(query.actor ? { actor: query.actor } : {}),
        ...(query.target ? { target: query.target } : {}),
        ...(query.action ? { action: query.action } : {}),
        ...(query.except ? { except: query.except.split(',') } : {}),
        ...(query.before ? { before: query.before } : {}),
      })
      const items = rows.slice(0, query.limit)
      return { items, next: rows.length > query.limit ? items.at(-1)!.id : null }
    },
  }),
  operation({
    id: 'verifyAudit',
    method: 'get',
    path: '/admin/audit/verify',
    summary: 'Recompute the hash chain; names the first entry that does not hold and the unsealed tail',
    tag: 'Audit',
    answer: z.object({
      sealed: z.int(),
      unsealed: z.int(),
      broken: z.object({ position: z.int(), entryId: z.string(), reason: z.string() }).nullable(),
    }),
    handle: ({ deps }) => verifyAudit(deps.db),
  }),
  operation({
    id: 'listDeliveries',
    method: 'get',
    path: '/admin/deliveries',
    summary: 'Logouts, pushes and events on their way, newest first',
    tag: 'Deliveries',
    query: z.strictObject({
      topic: z
        .string()
        .max(80)
        .optional()
        .describe('`logout`, `events`, `provisioning`, or one system’s `provisioning:<id>`'),
      state: z.enum(['pending', 'done', 'dead']).optional(),
      person: z.string().max(64).optional().describe('Whose sign-out'),
      target: z.string().max(200).optional().describe('The system it goes to'),
      before: rowId.optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
    }),
    answer: z.object({ items: z.array(delivery), next: z.int().nullable() }),
    handle: ({ query, deps }) => listDeliveries(deps.db, query),
  }),
  operation({
    id: 'retryDelivery',
    method: 'post',
    path: '/admin/deliveries/{id}/retry',
    summary: 'Send a delivery again now',
    tag: 'Deliveries',
    params: z.object({ id: rowId }),
    problems: [404, 409],
    handle: ({ params, caller, deps }) => retryDelivery(deps.db, params.id, caller.actor),
  }),
]
