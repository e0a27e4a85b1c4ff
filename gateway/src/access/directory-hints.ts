import { z } from 'zod'

const types = new Set(['atrium.directory.changed', 'atrium.roles.published'])
const dataSchema = z.object({ personIds: z.array(z.string()).nullish() })

/**
 * Whom an event of the directory concerns.
 * @returns ids of people, null for everybody, undefined when the event is no hint of the directory
 */
export function directoryHint(event: { type: string; data?: unknown }): string[] | null | undefined {
  if (!types.has(event.type)) return undefined
  // A hint that cannot be read still says that something changed.
  return dataSchema.safeParse(event.data).data?.personIds ?? null
}

/** Whether an event says that the issuer took a signing key back. */
export function isKeyHint(event: { type: string }): boolean {
  return event.type === 'atrium.keys.revoked'
}
