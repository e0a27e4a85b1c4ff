import type { Session } from '../app/session.ts'

/** A refusal by the admin API (RFC 9457); `message` is in the reader's language. */
export class AdminProblem extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.status = status
    this.code = code
  }
}

/** idp's admin API as the person who is signed in. */
export interface AdminApi {
  /** @throws AdminProblem */
  get<T>(path: string): Promise<T>
  /** `revision` is the draft's that the reader saw: a change by somebody else in between is refused. @throws AdminProblem */
  send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object, revision?: number): Promise<T>
}

export function createAdminApi(origin: string, session: Session, locale: () => string): AdminApi {
  const call = async <T>(method: string, path: string, body?: object, revision?: number): Promise<T> => {
    const answer = await fetch(`${origin}/admin/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await session.token()}`,
        'accept-language': locale(),
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(revision === undefined ? {} : { 'if-match': `"${revision}"` }),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    }).catch(() => {
      throw new AdminProblem(0, 'offline', '')
    })
    const content: unknown = answer.status === 204 ? undefined : await answer.json().catch(() => undefined)
    if (answer.ok) return content as T
    const problem = (content ?? {}) as { code?: string; detail?: string }
    throw new AdminProblem(answer.status, problem.code ?? 'unknown', problem.detail ?? '')
  }
  return { get: path => call('GET', path), send: call }
}
