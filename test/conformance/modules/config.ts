import * as oauth from 'oauth4webapi'
import { expect } from 'vitest'
import type { Module } from '../report.ts'

/** The module of the Config plan: what discovery says, and that it is so. */
export const config: Module[] = [
  {
    id: 'oidcc-discovery-endpoint-verification',
    asks: 'discovery names the issuer, endpoints that are there, keys without private parts, what is supported',
    run: async stage => {
      const issuer = new URL(stage.issuer)
      const response = await oauth.discoveryRequest(issuer, { [oauth.allowInsecureRequests]: true })
      expect(response.headers.get('content-type')).toContain('application/json')
      const as = await oauth.processDiscoveryResponse(issuer, response)
      expect(as).toMatchObject({
        response_types_supported: expect.arrayContaining(['code']),
        response_modes_supported: expect.arrayContaining(['query', 'fragment', 'form_post']),
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: expect.arrayContaining(['RS256']),
        scopes_supported: expect.arrayContaining(['openid', 'profile', 'email', 'phone']),
        claims_supported: expect.arrayContaining(['sub', 'name', 'email']),
        claims_parameter_supported: true,
        request_uri_parameter_supported: false,
        code_challenge_methods_supported: ['S256'],
        acr_values_supported: ['1', '2'],
        authorization_response_iss_parameter_supported: true,
        dpop_signing_alg_values_supported: expect.arrayContaining(['ES256']),
      })
      for (const name of [
        'authorization_endpoint',
        'token_endpoint',
        'userinfo_endpoint',
        'jwks_uri',
        'registration_endpoint',
        'pushed_authorization_request_endpoint',
        'device_authorization_endpoint',
        'introspection_endpoint',
        'revocation_endpoint',
        'end_session_endpoint',
        'check_session_iframe',
      ] as const) {
        expect(as[name]?.toString().startsWith(`${stage.issuer}/`), name).toBe(true)
        expect((await fetch(as[name] as string, { redirect: 'manual' })).status, name).toBeLessThan(500)
      }
      const { keys } = (await (await fetch(as.jwks_uri!)).json()) as { keys: Record<string, string>[] }
      expect(keys.length).toBeGreaterThan(0)
      expect(new Set(keys.map(key => key.kid)).size).toBe(keys.length)
      for (const key of keys) {
        expect(key).toMatchObject({ kty: expect.any(String), use: 'sig', kid: expect.any(String) })
        for (const secret of ['d', 'p', 'q', 'k']) expect(key).not.toHaveProperty(secret)
      }
    },
  },
]
