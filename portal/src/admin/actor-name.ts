import type { Actor } from './answers.ts'
import { type AdminTexts, isKnownText } from './texts.ts'

/** What somebody who acted is called: a person by name, the parts of Atrium in words, any other application by its id. */
export function actorName(actor: Pick<Actor, 'id' | 'name'>, t: AdminTexts): string {
  const key = `actor.${actor.id}`
  return isKnownText(key) ? t(key) : (actor.name ?? actor.id)
}
