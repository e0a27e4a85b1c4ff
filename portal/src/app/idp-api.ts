import type { Session } from './session.ts'

/** A refusal by one of idp's own APIs (RFC 9457); `message` is in the reader's language. */
export class IdpProblem extends Error {
  /** 0 when idp did not answer at all */
  readonly status: number
  readonly code: string
  /** what the problem says beyond the members that every problem has */
  readonly extra: Readonly<Record<string, unknown>>
  /** how long to wait before trying again, when idp says so */
  readonly retryAfterSeconds: number | undefined

  constructor(
    status: number,
    code: string,
    detail: string,
    extra: Record<string, unknown> = {},
    retryAfterSeconds?: number,
  ) {
    super(detail)
    this.status = status
    this.code = code
    this.extra = extra
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** One of idp's APIs as the person who is signed in. */
export interface IdpApi {
  /** @throws IdpProblem */
  get<T>(path: string): Promise<T>
  /** `revision` is the one that the reader saw: a change by somebody else in between is refused. @throws IdpProblem */
  send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object, revision?: number): Promise<T>
}

/** @param base the API's address; a path is joined to it by a slash, an empty one is the address itself */
export function createIdpApi(base: string, session: Session, locale: () => string): IdpApi {
  const call = async <T>(
    method: string,
    path: string,
    body?: object,
    revision?: number,
    refused?: string,
  ): Promise<T> => {
    const token = await session.token(refused).catch(() => {
      throw new IdpProblem(401, 'session_ended', '')
    })
    const answer = await fetch(path ? `${base}/${path}` : base, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'accept-language': locale(),
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(revision === undefined ? {} : { 'if-match': `"${revision}"` }),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    }).catch(() => {
      throw new IdpProblem(0, 'offline', '')
    })
    const content: unknown = answer.status === 204 ? undefined : await answer.json().catch(() => undefined)
    if (answer.ok) return content as T
    const problem = (content ?? {}) as { code?: string; detail?: string }
    // Nothing was done: another token may be taken, once.
    if (answer.status === 401 && problem.code === 'invalid_token' && refused === undefined)
      return await call(method, path, body, revision, token)
    const wait = Number(answer.headers.get('retry-after') ?? Number.NaN)
    throw new IdpProblem(
      answer.status,
      problem.code ?? 'unknown',
      problem.detail ?? '',
      { ...problem },
      Number.isFinite(wait) ? wait : undefined,
    )
  }
  return { get: path => call('GET', path), send: call }
}
