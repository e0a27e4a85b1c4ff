import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import type { Schema } from '../database/schema.ts'

/** The factors a person can have besides the password. */
export const factorKinds = ['totp', 'passkey'] as const

/** A factor besides the password. */
export type FactorKind = (typeof factorKinds)[number]

const days = (most: number) => z.int().min(0).max(most)

/** What the company asks of a sign-in. Every part has a default, so that an empty document is a policy. */
export const signInPolicySchema = z.strictObject({
  password: z
    .strictObject({
      minLength: z.int().min(8).max(64).default(10).describe('Characters, counted as a person counts them'),
      maxAgeDays: days(3650)
        .default(0)
        .describe('A password older than this is changed at the next sign-in; 0 = never'),
      history: z.int().min(0).max(24).default(5).describe('How many earlier passwords may not come back'),
      refuseCommon: z.boolean().default(true).describe('Refuse what stands in lists of common passwords'),
      refusePersonalData: z.boolean().default(true).describe('Refuse passwords that hold names, mail or phone'),
      selfServiceReset: z.boolean().default(true).describe('Offer a new password by e-mail'),
    })
    .prefault({}),
  secondFactor: z
    .strictObject({
      offered: z
        .array(z.enum(factorKinds))
        .min(1)
        .default([...factorKinds])
        .describe('What people may set up'),
      roles: z
        .array(z.strictObject({ role: z.string().min(1), kinds: z.array(z.enum(factorKinds)).min(1) }))
        .max(200)
        .default([])
        .describe('Business roles whose holders must have one of these factors'),
      askAgainDays: days(90)
        .default(0)
        .describe('A browser where the factor was given is not asked again for so long; 0 = always'),
    })
    .prefault({}),
  passkeyAlone: z.boolean().default(true).describe('A passkey that verifies its user signs in without a password'),
  oneSession: z.boolean().default(false).describe('A new sign-in ends the person’s other sessions'),
  newDeviceNotice: z.boolean().default(true).describe('A mail when somebody signs in from a browser not seen before'),
  branding: z
    .strictObject({
      name: z
        .strictObject({ zh: z.string().max(60), en: z.string().max(60) })
        .nullable()
        .default(null)
        .describe('null = the configured name'),
      logo: z
        .string()
        .regex(/^data:image\/(png|svg\+xml);base64,[A-Za-z0-9+/=]+$/)
        .max(90_000)
        .nullable()
        .default(null)
        .describe('PNG or SVG as a data: URI of at most 64 KB'),
      colour: z
        .string()
        .regex(/^#[0-9a-f]{6}$/)
        .nullable()
        .default(null)
        .describe('Colour of the main button, #rrggbb'),
    })
    .prefault({}),
})

/** What the company asks of a sign-in. */
export type SignInPolicy = z.infer<typeof signInPolicySchema>

/** The policy of this moment, with its revision. */
export async function readSignInPolicy(db: Kysely<Schema>): Promise<{ policy: SignInPolicy; revision: number }> {
  const { rows } = await sql<{
    policy: unknown
    revision: number
  }>`select policy, revision from sign_in_policy`.execute(db)
  return { policy: parsePolicy(rows[0]?.policy), revision: rows[0]?.revision ?? 1 }
}

/** The policy in a stored document. */
export function parsePolicy(document: unknown): SignInPolicy {
  return signInPolicySchema.parse(document ?? {})
}
