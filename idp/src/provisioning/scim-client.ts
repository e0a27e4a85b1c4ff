import { enterpriseExtension, nativeExtension } from '../directory/projection.ts'
import type { DesiredAccount } from './plan.ts'
import { type Answer, requestJson } from './request.ts'

/** Where a system takes accounts, and a token for it. */
export type ScimTarget = { scimUrl: string; token: string }

/** An account as a system holds it. */
export type HeldAccount = { id: string; userName: string; active: boolean; roles: string[]; etag: string | null }

type Failure = Extract<Answer, { kind: 'failed' }>

const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
const pageSize = 200

/** Looks an account up by its user name (RFC 7644 §3.4.2). `null` when the system has none. */
export async function findAccount(
  target: ScimTarget,
  userName: string,
): Promise<{ account: HeldAccount | null } | Failure> {
  const filter = encodeURIComponent(`userName eq ${JSON.stringify(userName)}`)
  const answer = await requestJson(`${target.scimUrl}/Users?filter=${filter}`, { method: 'GET', token: target.token })
  if (answer.kind === 'failed') return answer
  const page = readPage(answer.body)
  if (!page) return unreadable()
  // Some services ignore a filter they do not know: trust only an exact match.
  return { account: page.accounts.find(one => one.userName === userName) ?? null }
}

/** All accounts of a system, page by page. */
export async function listAccounts(target: ScimTarget): Promise<{ accounts: HeldAccount[] } | Failure> {
  const accounts = new Map<string, HeldAccount>()
  for (let startIndex = 1; ; ) {
    const answer = await requestJson(`${target.scimUrl}/Users?startIndex=${startIndex}&count=${pageSize}`, {
      method: 'GET',
      token: target.token,
    })
    if (answer.kind === 'failed') return answer
    const page = readPage(answer.body)
    if (!page) return unreadable()
    for (const account of page.accounts) accounts.set(account.userName, account)
    startIndex += page.received
    if (page.received === 0 || startIndex > page.total) return { accounts: [...accounts.values()] }
  }
}

/** Creates or replaces an account. */
export async function writeAccount(
  target: ScimTarget,
  held: HeldAccount | null,
  desired: DesiredAccount,
  roles: string[],
): Promise<{ id: string } | Failure> {
  const body = toScim(desired, roles, held?.id)
  const answer = held
    ? await requestJson(`${target.scimUrl}/Users/${encodeURIComponent(held.id)}`, {
        method: 'PUT',
        token: target.token,
        contentType: 'application/scim+json',
        body,
      })
    : await requestJson(`${target.scimUrl}/Users`, {
        method: 'POST',
        token: target.token,
        contentType: 'application/scim+json',
        body,
      })
  if (answer.kind === 'failed') return answer
  return { id: String((answer.body as { id?: unknown } | null)?.id ?? held?.id ?? desired.userName) }
}

/** Whether an outcome is a failure rather than a result. */
export function isFailure(outcome: object): outcome is Failure {
  return 'kind' in outcome && outcome.kind === 'failed'
}

function toScim(desired: DesiredAccount, roles: string[], id?: string): object {
  return {
    schemas: [userSchema, enterpriseExtension, nativeExtension],
    ...(id === undefined ? {} : { id }),
    userName: desired.userName,
    externalId: desired.externalId,
    displayName: desired.displayName,
    name: { formatted: desired.displayName },
    active: desired.active,
    emails: [{ value: desired.email, type: 'work', primary: true }],
    roles: roles.map(value => ({ value })),
    [enterpriseExtension]: { employeeNumber: desired.externalId, department: desired.department },
    [nativeExtension]: {
      names: desired.names,
      departmentPath: desired.departmentPath,
      managerNativeId: desired.managerNativeId,
      scope: desired.scope,
    },
  }
}

function readPage(body: unknown): { accounts: HeldAccount[]; received: number; total: number } | undefined {
  const page = body as { Resources?: unknown; totalResults?: unknown } | null
  if (!page || typeof page.totalResults !== 'number') return undefined
  const resources = page.Resources ?? []
  if (!Array.isArray(resources)) return undefined
  return { accounts: resources.flatMap(readAccount), received: resources.length, total: page.totalResults }
}

function readAccount(resource: unknown): HeldAccount[] {
  const user = resource as {
    id?: unknown
    userName?: unknown
    active?: unknown
    roles?: unknown
    meta?: { version?: unknown }
  } | null
  if (typeof user?.id !== 'string' || typeof user.userName !== 'string') return []
  const roles = Array.isArray(user.roles) ? user.roles : []
  return [
    {
      id: user.id,
      userName: user.userName,
      active: user.active !== false,
      // RFC 7643 says objects with `value`; some services send plain strings.
      roles: [
        ...new Set(
          roles.map(role => String(typeof role === 'object' && role ? (role as { value?: unknown }).value : role)),
        ),
      ].sort(),
      etag: typeof user.meta?.version === 'string' ? user.meta.version : null,
    },
  ]
}

function unreadable(): Failure {
  return { kind: 'failed', status: 200, permanent: false, reason: 'answered something that is no SCIM list', wait: {} }
}
