import { z } from 'zod'
import { listPeople, readPerson } from '../directory/people.ts'
import { activate, deactivate, setIdentity } from '../directory/status.ts'
import { endAssignment, grantRole, readAssignments } from '../roles/assignments.ts'
import { effectiveRights } from '../roles/effective.ts'
import { explain } from '../roles/explain.ts'
import { isLocked, unlock } from './lockout.ts'
import { operation } from './operation.ts'
import { assignment, explanation, givenMoment, personDetail, personRow } from './schemas.ts'

const tag = 'People'
const personPath = z.object({ id: z.string().min(1) })
const ended = z.object({ sessionsEnded: z.int() })

/** People: find, look, grant, explain, deactivate. */
export const peopleOperations = [
  operation({
    id: 'listPeople',
    method: 'get',
    path: '/admin/people',
    summary: 'People by name, page by page',
    tag,
    query: z.strictObject({
      search: z.string().trim().max(100).optional().describe('Matches names, user name, mail and employee id'),
      role: z.string().max(64).optional(),
      department: z.string().max(64).optional().describe('This department and below'),
      active: z.stringbool().optional(),
      first: z.coerce.number().int().min(1).max(200).default(50),
      after: z.string().max(64).optional().describe('`next` of the page before'),
    }),
    answer: z.object({ items: z.array(personRow), total: z.int(), next: z.string().nullable() }),
    handle: ({ query, deps }) => listPeople(deps.db, query),
  }),
  operation({
    id: 'readPerson',
    method: 'get',
    path: '/admin/people/{id}',
    summary: 'A person with identities, rights and assignments',
    tag,
    params: personPath,
    answer: personDetail,
    problems: [404],
    handle: async ({ params: { id }, deps: { db, sessions } }) => ({
      ...(await readPerson(db, id)),
      rights: await effectiveRights(db, id),
      assignments: await readAssignments(db, id),
      sessions: await sessions.countLiveSessions(db, [id]),
      locked: await isLocked(db, id),
    }),
  }),
  operation({
    id: 'grantRole',
    method: 'post',
    path: '/admin/people/{id}/assignments',
    summary: 'Give a business role, for good or for a time',
    tag,
    params: personPath,
    body: z.strictObject({
      roleId: z.string().min(1),
      from: givenMoment.optional(),
      until: givenMoment.optional(),
      reason: z.string().trim().min(1).max(500),
    }),
    answer: assignment,
    status: 201,
    problems: [404, 409, 422],
    handle: ({ params, body, caller, deps }) =>
      grantRole(deps.db, { personId: params.id, ...body, actor: caller.actor, ip: caller.ip }),
  }),
  operation({
    id: 'endAssignment',
    method: 'delete',
    path: '/admin/people/{id}/assignments/{assignmentId}',
    summary: 'End an assignment now',
    tag,
    params: personPath.extend({ assignmentId: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }),
    problems: [404, 409],
    handle: ({ params, caller, deps }) =>
      endAssignment(deps.db, {
        personId: params.id,
        assignmentId: params.assignmentId,
        actor: caller.actor,
        ip: caller.ip,
      }),
  }),
  operation({
    id: 'explainRights',
    method: 'get',
    path: '/admin/people/{id}/explain/{system}',
    summary: 'Why this person has each right in a system, link by link',
    tag,
    params: personPath.extend({ system: z.string().min(1) }),
    answer: explanation,
    problems: [404],
    handle: ({ params, deps }) => explain(deps.db, params.id, params.system),
  }),
  operation({
    id: 'setIdentity',
    method: 'put',
    path: '/admin/people/{id}/identities/{system}',
    summary: 'Say who this person is in a system; null takes the identity away and switches the account off',
    tag,
    params: personPath.extend({ system: z.string().min(1) }),
    body: z.strictObject({ nativeId: z.string().trim().min(1).max(128).nullable() }),
    problems: [404, 409],
    handle: ({ params, body, caller, deps }) =>
      setIdentity(deps.db, {
        personId: params.id,
        system: params.system,
        nativeId: body.nativeId,
        actor: caller.actor,
      }),
  }),
  operation({
    id: 'deactivatePerson',
    method: 'post',
    path: '/admin/people/{id}/deactivate',
    summary: 'End all sessions and switch every account off',
    tag,
    params: personPath,
    answer: ended,
    problems: [404, 409],
    handle: ({ params, caller, deps }) => deactivate(deps, { personId: params.id, actor: caller.actor, ip: caller.ip }),
  }),
  operation({
    id: 'activatePerson',
    method: 'post',
    path: '/admin/people/{id}/activate',
    summary: 'Bring a person back',
    tag,
    params: personPath,
    answer: ended,
    problems: [404, 409],
    handle: ({ params, caller, deps }) => activate(deps, { personId: params.id, actor: caller.actor, ip: caller.ip }),
  }),
  operation({
    id: 'unlockPerson',
    method: 'post',
    path: '/admin/people/{id}/unlock',
    summary: 'Let a person sign in again after too many wrong passwords',
    tag,
    params: personPath,
    problems: [404],
    handle: ({ params, caller, deps }) => unlock(deps.db, { personId: params.id, actor: caller.actor, ip: caller.ip }),
  }),
]
