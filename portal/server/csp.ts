import type { PortalConfig } from './config.ts'

// react-aria-components writes this one style element (it hides the native control behind its selects); its hash is the only exception.
const ariaStyle = "'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='"

/**
 * The Content-Security-Policy of the portal: own scripts and styles only, talking to the issuer and the gateway.
 * @param ancestors who may frame the page: nobody, except the silent sign-in page, which the portal frames itself
 */
export function contentSecurityPolicy(config: PortalConfig, ancestors: "'none'" | "'self'"): string {
  const issuer = new URL(config.ISSUER).origin
  const gateway = new URL(config.GATEWAY_URL).origin
  const socket = gateway.replace(/^http/, 'ws')
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' ${ariaStyle}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "manifest-src 'self'",
    `connect-src 'self' ${issuer} ${gateway} ${socket}`,
    `frame-src 'self' ${issuer}`,
    `frame-ancestors ${ancestors}`,
    "base-uri 'none'",
    "form-action 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
}
