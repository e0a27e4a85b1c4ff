import { z } from 'zod'

/** Environment of the portal's server. One build runs anywhere: what differs is told to the browser by /config.json. */
export const configSchema = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(3000).describe('port to listen on'),
  HOST: z.string().default('127.0.0.1').describe('address to listen on'),
  ISSUER: z
    .url({ protocol: /^https?$/ })
    .regex(/\/realms\/[^/]+$/, 'must end in /realms/<name>: idp and Keycloak both have that form')
    .describe('issuer of the sign-in, e.g. https://id.example.com/realms/atrium'),
  GATEWAY_URL: z.url({ protocol: /^https?$/ }).describe('address of the gateway as the browser reaches it'),
  CLIENT_ID: z.string().default('portal').describe('public client of the portal at the issuer'),
  COMPANY_NAME_ZH: z.string().default('Atrium').describe('name of the company in Chinese'),
  COMPANY_NAME_EN: z.string().default('Atrium').describe('name of the company in English'),
})

export type PortalConfig = z.infer<typeof configSchema>
