import { encryptionKey, listOfMilliseconds, listOfText, port } from '@atrium/platform/config'
import { z } from 'zod'

const url = (description: string) =>
  z
    .url({ protocol: /^https?$/ })
    .transform(withoutSlash)
    .describe(description)

const mailbox = z
  .string()
  .regex(
    /^(?:[^<>"\p{Cc}]* <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/u,
    'expected an address, or a name and an address: Name <it@example.com>',
  )

/** Every environment variable of the identity provider. The README's table is made from it. */
export const configSchema = z.object({
  PORT: port.default(3001).describe('TCP port to listen on'),
  HOST: z.string().default('127.0.0.1').describe('Address to listen on'),
  TRUST_PROXY: z
    .stringbool()
    .default(false)
    .describe('Take the caller’s address and scheme from X-Forwarded-* (behind a reverse proxy)'),
  DATABASE_URL: z.string().describe('PostgreSQL ≥ 15, postgres://user:password@host:port/database'),
  ISSUER: url('Public issuer identifier, e.g. https://id.example.com/realms/atrium'),
  PORTAL_URL: url('Public address of the portal'),
  GATEWAY_URL: url('Address of the gateway, for events and provisioning'),
  COOKIE_KEYS: listOfText
    .refine(
      keys => keys.length > 0 && keys.every(key => key.length >= 16),
      'expected one or more keys of at least 16 characters',
    )
    .describe('Keys that sign cookies, separated by commas: the first signs, the others still verify'),
  ENCRYPTION_KEY: encryptionKey.describe('32 bytes in base64 that seal secrets at rest'),
  GATEWAY_CLIENT_SECRET: z.string().min(16).describe('Secret of the client `gateway`'),
  BOOTSTRAP_CLIENT_SECRET: z
    .string()
    .min(16)
    .optional()
    .describe('Secret of the client `bootstrap` (scope admin); absent = no such client'),
  FIRST_ADMINISTRATOR: z
    .email()
    .optional()
    .describe('E-mail of the administrator made on an empty directory; a one-time link to set the password is printed'),
  COMPANY_NAME_ZH: z.string().default('Atrium').describe('The company’s Chinese name on the sign-in page'),
  COMPANY_NAME_EN: z.string().default('Atrium').describe('The company’s English name on the sign-in page'),
  SMTP_URL: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .describe(
      'Mail server, smtp://user:password@host:587 or smtps://…; absent = administrators read the mails in the portal',
    ),
  SMTP_TLS: z
    .enum(['when_offered', 'required', 'unverified'])
    .default('when_offered')
    .describe(
      'Encryption towards the mail server: `required` sends nothing without it, `unverified` takes any certificate (a private authority is better named by NODE_EXTRA_CA_CERTS)',
    ),
  MAIL_FROM: mailbox
    .optional()
    .describe('Sender of mails, `it@example.com` or `Name <it@example.com>`; default no-reply@ the issuer’s host'),
  RETRY_DELAYS: listOfMilliseconds
    .optional()
    .describe('Delays in ms between the attempts of a delivery; default 1 s to 1 h over a day'),
  OUTGOING_HOSTS: listOfText
    .default([])
    .describe(
      'Hosts (name, or name:port) that clients which register themselves may have called: key sets, sector files, logout addresses; separated by commas',
    ),
  FOUR_EYES: z.stringbool().default(false).describe('A role mapping must be published by somebody who did not edit it'),
  SESSION_IDLE_MINUTES: z.coerce
    .number()
    .int()
    .min(5)
    .default(120)
    .describe('A session without any activity ends after this many minutes'),
  SESSION_MAX_HOURS: z.coerce
    .number()
    .int()
    .min(1)
    .max(720)
    .default(12)
    .describe('A session ends this many hours after the sign-in at the latest'),
  PASSWORD_HASH: z
    .string()
    .regex(/^m=\d{4,7},t=\d{1,2},p=\d$/, 'expected m=<KiB>,t=<passes>,p=<lanes>')
    .refine(strongEnough, 'weaker than OWASP recommends for Argon2id')
    .default('m=19456,t=2,p=1')
    .describe('Cost of Argon2id for passwords: memory in KiB, passes, lanes. Keycloak’s default is m=7168,t=5,p=1'),
  KEY_ROTATION_DAYS: z.coerce
    .number()
    .int()
    .min(0)
    .max(3650)
    .default(90)
    .describe('New signing keys after this many days, without a restart; 0 = only on demand'),
  KEY_PUBLICATION_SECONDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(86_400)
    .default(900)
    .describe('A new signing key is published this long before it signs, for clients that keep the key set'),
})

/** The checked configuration of the identity provider. */
export type Config = z.infer<typeof configSchema>

// OWASP's pairs of memory and passes cost alike: the less memory, the more passes.
function strongEnough(cost: string): boolean {
  const [memory = 0, passes = 0, lanes = 0] = cost.split(',').map(part => Number(part.slice(2)))
  return lanes >= 1 && memory >= 7168 && memory * passes >= 35_840
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, '')
}
