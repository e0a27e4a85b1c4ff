import { createIdpApi, type IdpApi, IdpProblem } from '../app/idp-api.ts'
import type { Session } from '../app/session.ts'

/** A refusal by the admin API; `message` is in the reader's language. */
export const AdminProblem = IdpProblem
export type AdminProblem = IdpProblem

/** idp's admin API as the person who is signed in. */
export type AdminApi = IdpApi

export function createAdminApi(origin: string, session: Session, locale: () => string): AdminApi {
  return createIdpApi(`${origin}/admin`, session, locale)
}
