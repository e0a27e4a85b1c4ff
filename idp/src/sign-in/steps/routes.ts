import Router from '@koa/router'
import { showEnrol, takeEnrolment } from './enrol.ts'
import { showFactor, takeFactor } from './factor.ts'
import { formBody } from './interaction.ts'
import { showNewPassword, takeNewPassword } from './new-password.ts'
import type { SignInParts } from './proved.ts'
import { leaveRecoveryCodes, showRecoveryCodes } from './recovery-codes.ts'
import { atStep } from './step.ts'

/** The pages of the steps that follow the password, each at `/sign-in/:uid/<step>` below the issuer. */
export function stepRoutes(parts: SignInParts): Router {
  const router = new Router()
  const form = formBody()
  router.get('/sign-in/:uid/factor', atStep(parts, 'factor', showFactor))
  router.post('/sign-in/:uid/factor', form, atStep(parts, 'factor', takeFactor))
  router.get('/sign-in/:uid/new-password', atStep(parts, 'new-password', showNewPassword))
  router.post('/sign-in/:uid/new-password', form, atStep(parts, 'new-password', takeNewPassword))
  router.get('/sign-in/:uid/enrol', atStep(parts, 'enrol', showEnrol))
  router.post('/sign-in/:uid/enrol', form, atStep(parts, 'enrol', takeEnrolment))
  router.get('/sign-in/:uid/recovery-codes', atStep(parts, 'recovery-codes', showRecoveryCodes))
  router.post('/sign-in/:uid/recovery-codes', form, atStep(parts, 'recovery-codes', leaveRecoveryCodes))
  return router
}
