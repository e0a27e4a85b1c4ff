import { z } from 'zod'
import { scopes } from '../roles/scope.ts'

const id = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\w.:@-]+$/, 'letters, digits and . : @ _ - only')
const text = z
  .strictObject({ zh: z.string().min(1).max(200), en: z.string().min(1).max(200) })
  .describe('A text in both languages')
const scope = z.enum(scopes)

const signing = z.enum(['ES256', 'RS256'])
const clientMetadata = z
  .strictObject({
    token_endpoint_auth_method: z.enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt']),
    jwks: z.strictObject({
      keys: z.array(z.looseObject({ kty: z.enum(['EC', 'RSA', 'OKP']), d: z.never().optional() })).min(1),
    }),
    grant_types: z
      .array(
        z.enum([
          'authorization_code',
          'refresh_token',
          'client_credentials',
          'urn:ietf:params:oauth:grant-type:device_code',
        ]),
      )
      .min(1),
    dpop_bound_access_tokens: z.boolean(),
    require_pushed_authorization_requests: z.boolean(),
    id_token_signed_response_alg: signing,
    userinfo_signed_response_alg: signing,
    introspection_signed_response_alg: signing,
  })
  .partial()
  .refine(one => one.token_endpoint_auth_method !== 'private_key_jwt' || one.jwks, 'private_key_jwt needs jwks')
  .describe('Client metadata (RFC 7591) where it differs from a secret in the header and the code flow')

/** The directory, roles and applications of a company, as `POST /admin/import` takes them. Every part may be absent. */
export const importSchema = z.strictObject({
  departments: z.array(z.strictObject({ id, parentId: id.nullable(), name: text })).optional(),
  people: z
    .array(
      z.strictObject({
        id,
        username: z
          .string()
          .min(1)
          .max(64)
          .regex(/^[\w.@-]+$/),
        name: text,
        email: z.email(),
        phone: z.string().max(40).nullish(),
        departmentId: id,
        position: text,
        managerId: id.nullable(),
        active: z.boolean(),
        password: z.string().min(8).max(200).optional().describe('Set only when the person has none yet'),
        locale: z.enum(['zh-CN', 'en']).nullish(),
        native: z.record(id, z.string().min(1).max(128)).optional().describe('The native id in each system'),
      }),
    )
    .optional(),
  businessRoles: z.array(z.strictObject({ id, name: text, group: text })).optional(),
  assignments: z.array(z.strictObject({ personId: id, roleId: id, reason: z.string().min(1).max(500) })).optional(),
  rules: z
    .array(
      z.strictObject({
        roleId: id,
        departmentId: id.nullish(),
        position: z.string().min(1).max(200).nullish(),
        reason: z.string().min(1).max(500),
      }),
    )
    .optional(),
  applications: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'lower-case letters, digits and - only'),
        name: text,
        url: z.url(),
        protocol: z.string().min(1).max(40),
        clientSecret: z.string().min(16).max(200),
        redirectUris: z.array(z.url()),
        postLogoutRedirectUris: z.array(z.url()).default([]),
        backchannelLogoutUri: z.url().nullish(),
        nativeRoles: z.array(z.strictObject({ id, name: text, scope })),
        provisioning: z.strictObject({ scimUrl: z.url(), audience: z.string().min(1) }).nullish(),
        client: clientMetadata.optional(),
      }),
    )
    .optional(),
  mapping: z
    .array(z.strictObject({ roleId: id, system: id, nativeRoles: z.array(id).min(1), scope }))
    .optional()
    .describe('Published as version 1 when nothing is published yet, otherwise left alone'),
  separationRules: z
    .array(
      z.strictObject({
        id,
        name: text,
        first: z.strictObject({ system: id, nativeRole: id }),
        second: z.strictObject({ system: id, nativeRole: id }),
      }),
    )
    .optional()
    .describe('Native roles that nobody may hold together'),
})

/** A checked import document. */
export type ImportDocument = z.infer<typeof importSchema>
