import { z } from 'zod'
import { changePolicy, countAffected, readPolicyInForce } from '../sign-in/change-policy.ts'
import { signInPolicySchema } from '../sign-in/policy.ts'
import { policyFaults } from '../sign-in/policy-faults.ts'
import { operation } from './operation.ts'
import { actor, moment, text } from './schemas.ts'

const tag = 'Sign-in policy'
const path = '/admin/sign-in-policy'
const policy = signInPolicySchema.meta({ id: 'SignInPolicy', description: 'What the company asks of a sign-in' })
const affected = z
  .object({
    withoutFactor: z.int().describe('Holders of a role that must have a factor, who have none of the kinds asked for'),
    passwordTooOld: z.int().describe('People whose password is older than the policy allows'),
  })
  .meta({ id: 'AffectedByPolicy', description: 'Active people whom the next sign-in asks for something' })
const inForce = z.object({
  revision: z.int(),
  policy,
  updatedAt: moment,
  updatedBy: actor.nullable(),
  affected,
})
const proposal = z.strictObject({ policy })

/** What the company asks of a sign-in: read, try, put in force. */
export const policyOperations = [
  operation({
    id: 'readSignInPolicy',
    method: 'get',
    path,
    summary: 'The sign-in policy in force, and how many people it asks for something they do not have yet',
    tag,
    answer: inForce,
    handle: ({ deps }) => readPolicyInForce(deps.db),
  }),
  operation({
    id: 'changeSignInPolicy',
    method: 'put',
    path,
    summary: 'Put a sign-in policy in force; what is left out takes its default',
    tag,
    body: proposal,
    answer: inForce,
    problems: [412, 422, 428],
    ifMatch: 'The ETag of the policy as the caller saw it; 412 `policy_changed` when it changed since. `*` takes any',
    ifMatchRequired: true,
    handle: ({ body, caller, deps, revision }) =>
      changePolicy(deps.db, {
        policy: body.policy,
        revision,
        actor: caller.actor,
        ip: caller.ip,
        issuer: deps.config.ISSUER,
      }),
  }),
  operation({
    id: 'previewSignInPolicy',
    method: 'post',
    path: `${path}/preview`,
    summary: 'Whom a policy would ask for something, and why it could not be put in force; changes nothing',
    tag,
    body: proposal,
    answer: z.object({
      affected,
      faults: z.array(z.object({ path: z.string(), code: z.string(), detail: text })),
    }),
    handle: async ({ body, deps }) => ({
      affected: await countAffected(deps.db, body.policy),
      faults: await policyFaults(deps.db, body.policy, deps.config.ISSUER),
    }),
  }),
]
