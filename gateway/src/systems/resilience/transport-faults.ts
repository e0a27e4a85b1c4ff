import { errors } from 'undici'
import { type FailureKind, UpstreamError } from '../types.ts'

// Errors by which undici says that no byte of the request can have been understood.
const beforeSending: Record<string, FailureKind> = {
  ECONNREFUSED: 'connection_refused',
  ENOTFOUND: 'unknown_host',
  EAI_AGAIN: 'unknown_host',
  EHOSTUNREACH: 'connection_refused',
  ENETUNREACH: 'connection_refused',
  UND_ERR_CONNECT_TIMEOUT: 'connection_refused',
}

const systemCertificate: Record<string, FailureKind> = {
  CERT_HAS_EXPIRED: 'system_certificate_expired',
  CERT_NOT_YET_VALID: 'system_certificate_expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'system_certificate_name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'system_certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'system_certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'system_certificate',
  UNABLE_TO_GET_ISSUER_CERT: 'system_certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'system_certificate',
  CERT_SIGNATURE_FAILURE: 'system_certificate',
  CERT_REVOKED: 'system_certificate',
  CERT_UNTRUSTED: 'system_certificate',
  INVALID_CA: 'system_certificate',
}

// Alerts by which a server says what it thinks of the certificate it was shown, or that it was shown none.
const ownCertificate =
  /ALERT_(HANDSHAKE_FAILURE|CERTIFICATE|BAD_CERTIFICATE|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE|NO_CERTIFICATE|ACCESS_DENIED)/

/** What is wrong with a certificate of the other side, by the code of the error; undefined for other errors. */
export function certificateFault(code: string): FailureKind | undefined {
  return systemCertificate[code]
}

/**
 * What an error of the HTTP client says of a system.
 * @param late the time was over or nobody waited any more
 * @param alert of TLS, by which the connection ended
 */
export function explainTransport(system: string, error: unknown, late: boolean, alert?: string): UpstreamError {
  if (error instanceof UpstreamError) return error
  if (late) return new UpstreamError('UPSTREAM_TIMEOUT', system, 'did not answer before the deadline', { cause: error })
  const { message } = error as Error
  const code = alert ?? (error as NodeJS.ErrnoException).code ?? ''
  if (error instanceof errors.InvalidArgumentError)
    return new UpstreamError('UPSTREAM_REFUSED', system, `the request could not be built: ${message}`, {
      outcome: 'not_sent',
    })
  if (code === 'LINK_LOCAL_REFUSED')
    return new UpstreamError('UPSTREAM_REFUSED', system, message, { outcome: 'not_sent', retryable: false })
  const untrusted = systemCertificate[code] ?? (ownCertificate.test(code) ? 'own_certificate' : undefined)
  if (untrusted)
    return new UpstreamError('UPSTREAM_UNTRUSTED', system, `no secure connection (${code})`, {
      // The handshake decides before a request is read; after a TLS 1.3 handshake the refusal may come behind a request.
      outcome: untrusted === 'own_certificate' ? 'refused' : 'not_sent',
      kind: untrusted,
      cause: error,
    })
  if (error instanceof errors.HeadersOverflowError || error instanceof errors.HTTPParserError)
    return new UpstreamError('UPSTREAM_BAD_ANSWER', system, `did not speak HTTP as it should (${code || message})`, {
      retryable: false,
      kind: 'no_http',
      cause: error,
    })
  const before = beforeSending[code]
  return new UpstreamError('UPSTREAM_UNAVAILABLE', system, `could not be reached (${code || message})`, {
    outcome: before ? 'not_sent' : 'unknown',
    kind: before ?? 'connection_lost',
    cause: error,
  })
}
