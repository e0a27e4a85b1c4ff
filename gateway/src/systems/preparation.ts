import type { Authorization } from './authorization.ts'
import type { Description, HttpCall } from './protocols/protocol.ts'
import type { Credential } from './types.ts'

/** A call as it is sent, and what its answer is understood by. */
export interface Prepared {
  description: Description
  call: HttpCall
  headers: Record<string, string>
}

/** Makes calls to one system ready: encoded by its description, with the caller's authorization and, where it asks for it, signed. */
export class Preparation {
  #authorization: Authorization
  #description: { current(): Description | undefined; read(): Promise<Description> }

  /** @param description `current` is the one that was read already, `read` reads it first */
  constructor(
    authorization: Authorization,
    description: { current(): Description | undefined; read(): Promise<Description> },
  ) {
    this.#authorization = authorization
    this.#description = description
  }

  /** Most of the time all is at hand, and nothing is waited for. @throws UpstreamError, InputFault, MappingFault, at once or later */
  prepare(
    operation: string,
    input: Record<string, unknown>,
    credential: Credential,
    safe: boolean,
  ): Prepared | Promise<Prepared> {
    const description = this.#description.current()
    if (!description || this.#authorization.session) return this.#later(operation, input, credential, safe)
    const call = description.encode(operation, input)
    const headers = this.#authorization.headers(credential)
    if (!(headers instanceof Promise)) return this.#named(description, call, headers, credential, safe)
    return headers.then(told => this.#named(description, call, told, credential, safe))
  }

  async #later(
    operation: string,
    input: Record<string, unknown>,
    credential: Credential,
    safe: boolean,
  ): Promise<Prepared> {
    const description = await this.#description.read()
    const call = description.encode(operation, input, await this.#authorization.session?.())
    return this.#named(description, call, await this.#authorization.headers(credential), credential, safe)
  }

  #named(
    description: Description,
    call: HttpCall,
    headers: Record<string, string>,
    credential: Credential,
    safe: boolean,
  ): Prepared {
    const named = { ...call, headers: { ...call.headers, ...headers } }
    return { description, call: this.#authorization.sign?.(named, credential, safe) ?? named, headers }
  }
}
