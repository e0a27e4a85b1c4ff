import { Router } from '@koa/router'
import { openApiDocument } from '../admin/openapi.ts'
import { mount } from '../admin/operation.ts'
import type { Deps } from '../deps.ts'
import { admitSelf } from './caller.ts'
import { deviceOperations } from './device-operations.ts'
import { factorOperations } from './factor-operations.ts'
import { historyOperations } from './history-operations.ts'
import { passkeyOperations } from './passkey-operations.ts'
import { passwordOperations } from './password-operations.ts'
import { profileOperations } from './profile-operations.ts'
import { recoveryOperations } from './recovery-operations.ts'
import { sessionOperations } from './session-operations.ts'
import { totpOperations } from './totp-operations.ts'

/** Every operation of the account API: what a person sees and changes of their own account. */
export const accountOperations = [
  ...profileOperations,
  ...sessionOperations,
  ...deviceOperations,
  ...historyOperations,
  ...passwordOperations,
  ...factorOperations,
  ...totpOperations,
  ...passkeyOperations,
  ...recoveryOperations,
]

/** The account API with its OpenAPI 3.1 document at `/account/openapi.json`. */
export function accountRoutes(deps: Deps): Router {
  const router = new Router()
  const document = openApiDocument(accountOperations, {
    issuer: deps.config.ISSUER,
    title: 'Atrium identity: account API',
    description: 'What a person sees and changes of their own account.',
    token: 'An access token for `atrium` of the person, whose session is alive',
  })
  router.get('/account/openapi.json', ctx => {
    ctx.body = document
  })
  for (const one of accountOperations)
    mount(router, deps, one, { admit: ctx => admitSelf(deps, ctx), bodyLimit: '64kb' })
  return router
}
