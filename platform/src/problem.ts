/** A text in both languages of the product. */
export type Text = { zh: string; en: string }

/**
 * An expected refusal of an HTTP request (RFC 9457). Thrown in a handler, it becomes
 * `application/problem+json` with the `detail` in the caller's language.
 */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly detail: Text
  readonly extra: Record<string, unknown>

  /**
   * @param status HTTP status, 400–599
   * @param code stable machine-readable name, e.g. `draft_changed`
   * @param detail what was wrong and what would be right; one text serves both languages
   * @param extra further members of the problem object, e.g. `errors`; `headers` are set on the response
   */
  constructor(status: number, code: string, detail: string | Text, extra: Record<string, unknown> = {}) {
    const text = typeof detail === 'string' ? { zh: detail, en: detail } : detail
    super(text.en)
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.detail = text
    this.extra = extra
  }

  /** The RFC 9457 document in one language. */
  toJSON(language: 'zh' | 'en' = 'en', traceId?: string): Record<string, unknown> {
    const { headers: _headers, ...members } = this.extra
    return {
      type: `urn:atrium:problem:${this.code}`,
      title: this.code.replaceAll('_', ' '),
      status: this.status,
      detail: this.detail[language],
      code: this.code,
      ...members,
      ...(traceId ? { traceId } : {}),
    }
  }
}

/** `zh` or `en`, whichever the Accept-Language header (RFC 9110 §12.5.4) ranks first; zh when it names neither. */
export function preferredLanguage(acceptLanguage: string | undefined): 'zh' | 'en' {
  const ranked = (acceptLanguage ?? '')
    .split(',')
    .map((part, index) => {
      const [tag = '', ...params] = part.trim().split(';')
      const q = params.map(p => /^\s*q=([\d.]+)\s*$/.exec(p)?.[1]).find(Boolean)
      return { tag: tag.toLowerCase(), weight: q === undefined ? 1 : Number(q), index }
    })
    .filter(({ tag, weight }) => weight > 0 && /^(zh|en)(-|$)/.test(tag))
    .sort((a, b) => b.weight - a.weight || a.index - b.index)
  return ranked[0]?.tag.startsWith('en') ? 'en' : 'zh'
}
