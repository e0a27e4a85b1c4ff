/**
 * A refusal that becomes an OData error body (OData JSON Format 4.01 §21.1):
 * `{"error":{"code","message","target"}}`. `code` is stable, `message` says what would be right.
 */
export class ODataError extends Error {
  readonly status: number
  readonly code: string
  readonly target: string | undefined

  constructor(status: number, code: string, message: string, target?: string) {
    super(message)
    this.name = 'ODataError'
    this.status = status
    this.code = code
    this.target = target
  }

  body(): { error: { code: string; message: string; target?: string } } {
    return { error: { code: this.code, message: this.message, ...(this.target ? { target: this.target } : {}) } }
  }
}

export const badRequest = (message: string, target?: string) => new ODataError(400, 'BadRequest', message, target)
export const forbidden = (message: string, target?: string) => new ODataError(403, 'Forbidden', message, target)
export const notFound = (message: string) => new ODataError(404, 'NotFound', message)
/** For what OData defines and this service does not offer (OData Protocol 4.01 §9.3.1). */
export const notImplemented = (message: string, target?: string) =>
  new ODataError(501, 'NotImplemented', message, target)
