import { z } from 'zod'

/** Base64url of at most so many characters. */
const bytes = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[\w-]+$/)

// A credential id has at most 1023 bytes (Web Authentication Level 3 §5.8.3).
const credential = { id: bytes(1364), rawId: bytes(1364), type: z.literal('public-key') }

/** What a browser answers for a new passkey (§5.1.8, `RegistrationResponseJSON`), as far as we use it. */
export const registrationResponse = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: bytes(4096),
    attestationObject: bytes(24_000),
    transports: z.array(z.string().max(32)).max(10).optional(),
  }),
})

/** What a browser answers with a passkey (`AuthenticationResponseJSON`), as far as we use it. */
export const authenticationResponse = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: bytes(4096),
    authenticatorData: bytes(4096),
    signature: bytes(4096),
    userHandle: bytes(128).nullish(),
  }),
})

/** An answer for a new passkey. */
export type RegistrationResponse = z.infer<typeof registrationResponse>

/** An answer with a passkey. */
export type AuthenticationResponse = z.infer<typeof authenticationResponse>

/** The answer in a field of a form; undefined when it is none. */
export function answerIn<T>(schema: z.ZodType<T>, field: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(field)).data
  } catch {
    return undefined
  }
}
