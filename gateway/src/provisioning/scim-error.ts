import type { UpstreamError } from '../systems/types.ts'

/** A refusal in the form of RFC 7644 §3.12. */
export class ScimError extends Error {
  readonly status: number
  readonly scimType: string | undefined
  readonly headers: Record<string, string>

  constructor(status: number, detail: string, more: { scimType?: string; headers?: Record<string, string> } = {}) {
    super(detail)
    this.name = 'ScimError'
    this.status = status
    this.scimType = more.scimType
    this.headers = more.headers ?? {}
  }

  /** The body of the answer; `status` is a string there. */
  toJSON(): Record<string, unknown> {
    return {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(this.status),
      ...(this.scimType === undefined ? {} : { scimType: this.scimType }),
      detail: this.message,
    }
  }
}

/** What a system's failure means to the one who provisions: try again, or give up with the system's reason. */
export function scimErrorOf(error: UpstreamError): ScimError {
  switch (error.code) {
    case 'UPSTREAM_REFUSED':
      return new ScimError(400, `${error.system} refused the account${error.reason ? `: ${error.reason}` : ''}`, {
        scimType: 'invalidValue',
      })
    case 'UPSTREAM_BAD_ANSWER':
    case 'UPSTREAM_UNAUTHENTICATED':
      return new ScimError(502, `${error.system} gave no answer that can be used`)
    default:
      return new ScimError(503, `${error.system} does not answer; try again later`, { headers: { 'Retry-After': '5' } })
  }
}
