import { Router } from '@koa/router'
import type { Deps } from '../deps.ts'
import { applicationOperations } from './application-operations.ts'
import { admit } from './caller.ts'
import { keysOperations } from './keys-operations.ts'
import { logOperations } from './log-operations.ts'
import { mailOperations } from './mail-operations.ts'
import { openApiDocument } from './openapi.ts'
import { mount } from './operation.ts'
import { passwordResetOperations } from './password-reset-operations.ts'
import { peopleOperations } from './people-operations.ts'
import { personSignInOperations } from './person-sign-in-operations.ts'
import { policyOperations } from './policy-operations.ts'
import { registrationOperations } from './registration-operations.ts'
import { rolesOperations } from './roles-operations.ts'
import { rulesOperations } from './rules-operations.ts'

/** Every operation of the admin API. */
export const operations = [
  ...rolesOperations,
  ...rulesOperations,
  ...peopleOperations,
  ...logOperations,
  ...mailOperations,
  ...passwordResetOperations,
  ...keysOperations,
  ...registrationOperations,
  ...policyOperations,
  ...personSignInOperations,
  ...applicationOperations,
]

/** The admin API with its OpenAPI 3.1 document at `/admin/openapi.json`. */
export function adminRoutes(deps: Deps): Router {
  const router = new Router()
  const document = openApiDocument(operations, {
    issuer: deps.config.ISSUER,
    title: 'Atrium identity: admin API',
    description: 'Directory, roles across systems, provisioning, sign-in, applications, audit.',
    token:
      'An access token for `atrium` of a person with the business role `administrator`, or of a client with the scope `admin`',
  })
  router.get('/admin/openapi.json', ctx => {
    ctx.body = document
  })
  for (const one of operations)
    mount(router, deps, one, { admit: ctx => admit(deps, ctx, ['admin']), bodyLimit: '16mb' })
  return router
}
