/** The resource indicator (RFC 8707) of the gateway and of our own APIs. */
export const apiResource = 'urn:atrium:api'

/** The `aud` of tokens for `apiResource`. */
export const apiAudience = 'atrium'

const systemPrefix = 'urn:atrium:system:'

/** The resource indicator, and the `aud`, of a business system. */
export function systemResource(id: string): string {
  return `${systemPrefix}${id}`
}

/** The system that a resource indicator names, if it names one. */
export function systemOf(resource: string): string | undefined {
  return resource.startsWith(systemPrefix) ? resource.slice(systemPrefix.length) : undefined
}
