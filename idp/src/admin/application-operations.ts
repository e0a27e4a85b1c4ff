import { z } from 'zod'
import { changeApplication, createApplication, deleteApplication, renewSecret } from '../applications/change.ts'
import { applicationInput } from '../applications/input.ts'
import { keySet } from '../applications/key-set.ts'
import { authentications, kinds } from '../applications/kinds.ts'
import { readApplication, readKinds, requireApplication } from '../applications/read.ts'
import { settingsFor } from '../applications/settings/settings.ts'
import { readTest, startTest } from '../applications/sign-in-test/start.ts'
import { readSystems } from '../roles/overview.ts'
import { operation } from './operation.ts'
import { actor, moment, system, text } from './schemas.ts'

const tag = 'Applications'
const newId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/)
  .describe('Lower-case letters, digits and -; the client id')
const path = '/admin/applications/{id}'
const applicationPath = z.object({ id: z.string().min(1).max(200) })
const kind = z.enum(kinds).meta({ id: 'ApplicationKind' })
const use = {
  signIns30d: z.int().describe('Sign-ins of the last 30 days, the silent ones too'),
  liveSessions: z.int().describe('At most a minute old'),
}

const ifMatch =
  'The ETag of the application as the caller saw it; 412 `application_changed` when it changed since. `*` takes any'

const claims = z.record(z.string(), z.unknown()).nullable()

const application = z
  .object({
    id: z.string(),
    name: text,
    url: z.string(),
    kind,
    authentication: z.enum(authentications),
    redirectUris: z.array(z.string()),
    postLogoutRedirectUris: z.array(z.string()),
    backchannelLogoutUri: z.string().nullable(),
    jwksUri: z.string().nullable(),
    jwks: keySet.nullable(),
    dpop: z.boolean(),
    par: z.boolean(),
    idTokenAlg: z.enum(['ES256', 'RS256']),
    ...use,
    revision: z.int(),
    createdAt: moment,
    updatedAt: moment,
    updatedBy: actor.nullable().describe('null = no administrator changed it since it was imported'),
    warnings: z.array(text).describe('What may be, yet should not stay, e.g. addresses without TLS'),
  })
  .meta({ id: 'Application', description: 'Never its secret' })

/** Applications that people sign in to, or that act for themselves. */
export const applicationOperations = [
  operation({
    id: 'listApplications',
    method: 'get',
    path: '/admin/applications',
    summary: 'The business applications; never their secrets',
    tag,
    answer: z.object({ items: z.array(system.extend({ kind, ...use }).meta({ id: 'ApplicationRow' })) }),
    handle: async ({ deps: { db } }) => {
      const kindsById = await readKinds(db)
      return {
        items: (await readSystems(db)).map(one => ({
          ...one,
          ...(kindsById.get(one.id) ?? { kind: 'web' as const, signIns30d: 0, liveSessions: 0 }),
        })),
      }
    },
  }),
  operation({
    id: 'createApplication',
    method: 'post',
    path: '/admin/applications',
    summary: 'Register an application; its secret is shown this once',
    tag,
    body: applicationInput.extend({ id: newId }),
    answer: z.object({ application, secret: z.string().nullable() }),
    status: 201,
    problems: [409, 422],
    handle: ({ body: { id, ...input }, caller, deps: { db, config } }) =>
      createApplication({ db, config, actor: caller.actor, ip: caller.ip }, id, input),
  }),
  operation({
    id: 'readApplication',
    method: 'get',
    path,
    summary: 'An application and how much it is used; never its secret',
    tag,
    params: applicationPath,
    answer: application,
    problems: [404],
    handle: ({ params, deps }) => readApplication(deps.db, params.id),
  }),
  operation({
    id: 'changeApplication',
    method: 'put',
    path,
    summary: 'Change an application; secret, roles and provisioning stay',
    tag,
    params: applicationPath,
    body: applicationInput,
    answer: application,
    problems: [404, 412, 422, 428],
    ifMatch,
    ifMatchRequired: true,
    handle: ({ params, body, caller, deps: { db, config }, revision }) =>
      changeApplication({ db, config, actor: caller.actor, ip: caller.ip }, params.id, body, revision),
  }),
  operation({
    id: 'deleteApplication',
    method: 'delete',
    path,
    summary: 'Take an application away; refused while roles, accounts or provisioning depend on it',
    tag,
    params: applicationPath,
    problems: [404, 409, 412],
    ifMatch,
    handle: ({ params, caller, deps: { db, config }, revision }) =>
      deleteApplication({ db, config, actor: caller.actor, ip: caller.ip }, params.id, revision),
  }),
  operation({
    id: 'renewSecret',
    method: 'post',
    path: `${path}/secret`,
    summary: 'Give an application a new secret, shown this once; the old one is void at once',
    tag,
    params: applicationPath,
    answer: z.object({ secret: z.string() }),
    problems: [404, 409],
    handle: async ({ params, caller, deps: { db, config } }) => ({
      secret: await renewSecret({ db, config, actor: caller.actor, ip: caller.ip }, params.id),
    }),
  }),
  operation({
    id: 'readApplicationSettings',
    method: 'get',
    path: `${path}/settings`,
    summary: 'Finished settings to paste into the other side; the secret is a placeholder, `<client-secret>`',
    tag,
    params: applicationPath,
    answer: z.object({
      items: z.array(
        z.object({
          target: z.string(),
          title: text,
          language: z.enum(['ini', 'yaml', 'json', 'text']),
          text: z.string(),
        }),
      ),
    }),
    problems: [404],
    handle: async ({ params, deps: { db, config } }) => ({
      items: settingsFor(await requireApplication(db, params.id), config),
    }),
  }),
  operation({
    id: 'startSignInTest',
    method: 'post',
    path: `${path}/test`,
    summary:
      'Try the sign-in out: a true flow with the application’s client, which ends at the identity provider itself',
    tag,
    params: applicationPath,
    answer: z.object({
      url: z.url().describe('To be opened in a browser within 10 minutes, once'),
      test: z.string(),
    }),
    status: 201,
    problems: [404, 409],
    handle: ({ params, caller, deps: { db, config } }) =>
      startTest({ db, config, actor: caller.actor, ip: caller.ip }, params.id),
  }),
  operation({
    id: 'readSignInTest',
    method: 'get',
    path: `${path}/test/{test}`,
    summary: 'How a test stands, and what the application learns of whoever signed in; kept for an hour',
    tag,
    params: applicationPath.extend({ test: z.string().min(1).max(100) }),
    answer: z
      .object({
        state: z.enum(['waiting', 'done', 'failed']),
        error: text.nullable(),
        person: z.object({ id: z.string(), name: text }).nullable(),
        idTokenClaims: claims,
        accessTokenClaims: claims,
        userinfo: claims,
        finishedAt: moment.nullable(),
      })
      .meta({ id: 'SignInTest' }),
    problems: [404],
    handle: async ({ params, caller, deps: { db, config } }) => ({
      person: null,
      idTokenClaims: null,
      accessTokenClaims: null,
      userinfo: null,
      ...(await readTest({ db, config, actor: caller.actor, ip: caller.ip }, params.id, params.test)),
    }),
  }),
]
