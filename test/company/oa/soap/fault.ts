/**
 * A refusal that becomes a SOAP 1.1 Fault (§4.4) with `detail/oaFault{code, message}`. `code` is stable:
 * `oa:BadInput`, `oa:Forbidden`, `oa:AlreadyDecided`, `oa:NotFound`, …
 */
export class OaFault extends Error {
  readonly code: string
  readonly party: 'Client' | 'Server'
  readonly status: number

  constructor(code: string, message: string, options: { party?: 'Client' | 'Server'; status?: number } = {}) {
    super(message)
    this.name = 'OaFault'
    this.code = `oa:${code}`
    this.party = options.party ?? 'Client'
    // SOAP 1.1 over HTTP (§6.2) sends every Fault with 500; only a refused token keeps HTTP's own status.
    this.status = options.status ?? 500
  }

  /** What npm `soap` takes as a thrown fault. */
  toSoap(): { Fault: Record<string, unknown> } {
    return {
      Fault: {
        faultcode: `soap:${this.party}`,
        faultstring: this.message,
        detail: { 'tns:oaFault': { 'tns:code': this.code, 'tns:message': this.message } },
        statusCode: this.status,
      },
    }
  }

  /** The whole envelope, for refusals before the message reaches the library. */
  toEnvelope(): string {
    return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:tns="urn:huaxin:oa:v1"><soap:Body><soap:Fault><faultcode>soap:${this.party}</faultcode><faultstring>${escapeXml(this.message)}</faultstring><detail><tns:oaFault><tns:code>${this.code}</tns:code><tns:message>${escapeXml(this.message)}</tns:message></tns:oaFault></detail></soap:Fault></soap:Body></soap:Envelope>`
  }
}

const escapeXml = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
