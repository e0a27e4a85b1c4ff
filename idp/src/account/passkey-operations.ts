import { randomBytes } from 'node:crypto'
import { Problem } from '@atrium/platform/problem'
import { z } from 'zod'
import { addFactor } from '../sign-in/factors.ts'
import { isKnownPasskey, mostPasskeys, register, registrationOptions } from '../sign-in/passkey/register.ts'
import { enrolmentOrigins } from '../sign-in/passkey/relying-party.ts'
import { registrationResponse } from '../sign-in/passkey/response.ts'
import { readSignInPolicy, type SignInPolicy } from '../sign-in/policy.ts'
import { accountOperation, requireFresh } from './caller.ts'
import { factor, factorName, recoveryCodes } from './factor-operations.ts'

const tag = 'Factors'

/** Making a passkey: what the browser needs, then its answer. */
export const passkeyOperations = [
  accountOperation({
    id: 'beginPasskey',
    method: 'post',
    path: '/account/passkeys/options',
    summary: 'What a browser needs to make a passkey; good for one answer within 5 minutes',
    tag,
    answer: z
      .object({
        enrolment: z.string(),
        options: z
          .looseObject({ challenge: z.string() })
          .describe('PublicKeyCredentialCreationOptionsJSON (Web Authentication Level 3 §5.4)'),
      })
      .meta({ id: 'PasskeyEnrolment' }),
    problems: [403, 409],
    handle: async ({ caller, deps }) => {
      await requireFresh(caller, deps.db)
      const { policy } = await readSignInPolicy(deps.db)
      if (!mayHavePasskeys(policy))
        throw new Problem(409, 'factor_not_offered', {
          zh: '公司的登录策略没有开放通行密钥',
          en: 'The company’s sign-in policy does not offer passkeys',
        })
      const { id: personId, username, name } = caller.person
      const enrolment = randomBytes(24).toString('base64url')
      const registration = { personId, username, displayName: name.zh, holder: enrolment }
      const options = await registrationOptions(deps, registration, policy)
      if (!options)
        throw new Problem(409, 'too_many_factors', {
          zh: `通行密钥最多 ${mostPasskeys} 个；先移除不用的`,
          en: `${mostPasskeys} passkeys are the most: remove one that is not used`,
        })
      return { enrolment, options: { ...options } }
    },
  }),
  accountOperation({
    id: 'addPasskey',
    method: 'post',
    path: '/account/passkeys',
    summary:
      'Add the passkey that the browser made; recovery codes come with the first factor. 422 `passkey_refused`: the answer is not one to these options',
    tag,
    body: z.strictObject({
      enrolment: z.string().min(1).max(100),
      response: registrationResponse.describe('RegistrationResponseJSON (§5.1.8); members not named here are dropped'),
      name: factorName,
    }),
    answer: z.object({ factor, recoveryCodes: recoveryCodes.nullable() }),
    status: 201,
    problems: [403, 404, 409, 422],
    handle: async ({ body, caller, deps }) => {
      await requireFresh(caller, deps.db)
      const personId = caller.person.id
      const expected = { personId, holder: body.enrolment, origins: enrolmentOrigins(deps.config) }
      const registered = await register(deps, expected, body.response, body.name)
      if (registered.kind !== 'made') throw refusals[registered.kind]()
      const owner = { personId, actor: caller.actor, ip: caller.ip }
      try {
        return await deps.db
          .transaction()
          .execute(trx => addFactor(trx, owner, registered.passkey, deps.config.ENCRYPTION_KEY))
      } catch (error) {
        throw isKnownPasskey(error) ? refusals.known() : error
      }
    },
  }),
]

/** A kind that some role must have may be set up even where it is not offered to everybody. */
function mayHavePasskeys({ secondFactor: { offered, roles } }: SignInPolicy): boolean {
  return offered.includes('passkey') || roles.some(one => one.kinds.includes('passkey'))
}

const refusals = {
  expired: () =>
    new Problem(404, 'unknown_enrolment', {
      zh: '这次设置已经完成或过期，请重新开始',
      en: 'This set-up is finished or has expired: begin again',
    }),
  refused: () =>
    new Problem(422, 'passkey_refused', {
      zh: '浏览器给出的通行密钥没有通过检查。请重新开始；还是不行，就换一台设备',
      en: 'The passkey that the browser made does not pass the checks: begin again, and if that fails use another device',
    }),
  known: () =>
    new Problem(409, 'passkey_known', {
      zh: '这个通行密钥已经登记过了',
      en: 'This passkey is registered already',
    }),
}
