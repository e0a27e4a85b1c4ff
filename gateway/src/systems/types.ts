/** How the gateway names itself to a system: as a person (by token exchange), as itself, or with a token given. */
export type Credential =
  | {
      kind: 'person'
      personId: string
      accessToken: string
      /** the person's user id in a system, for systems that are told who acts by name */
      account?: (system: string) => string | null
    }
  | { kind: 'service' }
  | { kind: 'bearer'; token: string }

export type Protocol = 'openapi' | 'soap' | 'odata' | 'json-rpc' | 'graphql' | 'sql' | 'files' | 'rest'

export interface Text {
  zh: string
  en: string
}

export interface InvokeOptions {
  credential: Credential
  /** epoch milliseconds after which nobody waits for the answer any more */
  deadline: number
  /** repeating the call changes nothing; only such calls are retried */
  safe: boolean
  /** aborted when nobody waits for the answer any more; what changes something is carried out nevertheless */
  signal?: AbortSignal | undefined
  /** lets readers with the same rights share the answer of a safe call */
  sharing?: Sharing | undefined
}

/** Who may see the answer of a call, how long it may be kept, and who wants to know how old it is. */
export interface Sharing {
  /** the same for those only who would be given the same answer */
  reader: string
  keep?: { freshS: number; staleS: number } | undefined
  /** told when the answer was asked of the system, and whether it is older than it should be */
  onAnswer?: (at: Date, stale: boolean) => void
}

export interface SystemInfo {
  id: string
  name: Text
  description: Text | null
  /** the system's own page for people */
  url: string
  protocol: Protocol
  /** audience of the tokens this system accepts; null if it does not take tokens of the issuer */
  audience: string | null
  /** SHA-256 of the description document it was built from; null until it was read */
  descriptionHash: string | null
  operations: string[]
}

export interface SystemClient {
  readonly id: string
  /** it takes no tokens of the issuer: who changes something is told to it by the name of their account */
  readonly namesPeople?: boolean
  describe(): SystemInfo
  /**
   * Calls one operation of the system. Results are plain values: decimals as strings, arrays always arrays.
   * @throws UpstreamError, and nothing else
   */
  invoke(operation: string, input: Record<string, unknown>, options: InvokeOptions): Promise<unknown>
  /** A token for this system's audience. @throws UpstreamError */
  exchange(credential: Credential): Promise<string>
}

export type SystemState = 'UP' | 'SLOW' | 'DOWN' | 'PAUSED' | 'UNKNOWN'
export type BreakerState = 'CLOSED' | 'OPEN' | 'HALF_OPEN'

export interface SystemStatus {
  id: string
  name: Text
  protocol: Protocol
  url: string
  state: SystemState
  /** since when it has been in this state */
  since: Date | null
  lastSuccessAt: Date | null
  /** over the last five minutes; null without a call */
  p95Ms: number | null
  /** failed share of the calls of the last five minutes, 0 to 1; null without a call */
  errorRate: number | null
  breaker: BreakerState
  nextProbeAt: Date | null
  explanation: Text | null
  /** 95th percentile per minute, oldest first, ms */
  latency: { at: Date; p95Ms: number }[]
  events: { at: Date; kind: SystemEventKind; text: Text }[]
}

export type SystemEventKind =
  | 'DESCRIBED'
  | 'BREAKER_OPENED'
  | 'PROBE_FAILED'
  | 'BREAKER_CLOSED'
  | 'PAUSED'
  | 'RESUMED'
  | 'CERTIFICATE_EXPIRES'
  | 'DESCRIPTION_FAILED'
  | 'DESCRIPTION_CHANGED'
  | 'CONTRACT_DRIFT'

export interface Systems {
  /** @throws Error if no such system is configured */
  get(id: string): SystemClient
  has(id: string): boolean
  list(): SystemStatus[]
  /** Asks the system now, whatever its breaker says, and returns what is known afterwards. */
  probe(id: string): Promise<SystemStatus>
  /** Called with the new status at each change of state. Returns the function that ends it. */
  onStatus(listener: (status: SystemStatus) => void): () => void
  /** Called when other systems are attached than before. Returns the function that ends it. */
  onAttached?(listener: () => void): () => void
}

export type UpstreamCode =
  | 'UPSTREAM_TIMEOUT'
  | 'UPSTREAM_UNAVAILABLE'
  | 'UPSTREAM_UNAUTHENTICATED'
  | 'UPSTREAM_REFUSED'
  | 'UPSTREAM_BAD_ANSWER'
  /** it wants to be asked less often */
  | 'UPSTREAM_BUSY'
  /** a certificate, the system's or the gateway's, was not accepted */
  | 'UPSTREAM_UNTRUSTED'
  | 'CIRCUIT_OPEN'

/** What exactly went wrong, where it can be told better than by the code. */
export type FailureKind =
  | 'no_time'
  | 'unknown_host'
  | 'connection_refused'
  | 'connection_lost'
  | 'too_long'
  | 'compressed'
  | 'no_http'
  | 'page'
  | 'queue_full'
  | 'system_certificate'
  | 'system_certificate_expired'
  | 'system_certificate_name'
  | 'own_certificate'

/** What the system did with the call: never got it, refused it (nothing changed there), or nobody can know. */
export type Outcome = 'not_sent' | 'refused' | 'unknown'

/** A system did not do what it was asked. `message` is for the log only and never leaves the gateway. */
export class UpstreamError extends Error {
  readonly code: UpstreamCode
  readonly system: string
  readonly retryable: boolean
  readonly outcome: Outcome
  /** the system's own code of a business refusal, e.g. `oa:AlreadyDecided` */
  readonly reasonCode: string | undefined
  /** the system's own words of a business refusal; may be shown to the person who decided */
  readonly reason: string | undefined
  /** status of the HTTP answer, if there was one */
  readonly status: number | undefined
  readonly kind: FailureKind | undefined

  constructor(
    code: UpstreamCode,
    system: string,
    message: string,
    more: {
      outcome?: Outcome
      retryable?: boolean
      reason?: string
      reasonCode?: string
      status?: number
      kind?: FailureKind
      cause?: unknown
    } = {},
  ) {
    super(`${system}: ${message}`, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this.system = system
    this.outcome = more.outcome ?? 'unknown'
    this.retryable = more.retryable ?? passing.has(code)
    this.reason = more.reason
    this.reasonCode = more.reasonCode
    this.status = more.status
    this.kind = more.kind
  }
}

// Troubles that are likely to be over when the call is made again.
const passing = new Set<UpstreamCode>(['UPSTREAM_TIMEOUT', 'UPSTREAM_UNAVAILABLE', 'UPSTREAM_BUSY', 'CIRCUIT_OPEN'])

/** Tokens of the issuer for calls that leave the gateway; kept in process memory only, never shared between people. */
export interface Tokens {
  /** Token exchange (RFC 8693): the person's own token for another audience. @throws UpstreamError of that system */
  forPerson(system: string, audience: string, personId: string, accessToken: string): Promise<string>
  /** What was exchanged for a person earlier and is still good. */
  kept?(audience: string, personId: string): string | undefined
  /** Client credentials of the gateway for a resource, e.g. `urn:atrium:api` with scope `scim:read`. @throws UpstreamError */
  forService(resource: string, scope?: string): Promise<string>
  /** Forgets what is kept for a person, e.g. because the roles changed; everything, when nobody is named. */
  forget(personId?: string): void
}
