import type { Context } from 'koa'
import { type Language, texts } from '../pages/texts.ts'

/** What the page says when an attempt came too soon or the account is locked: never 400, and with `Retry-After`. */
export function admissionRefused(
  ctx: Context,
  language: Language,
  { locked, seconds }: { locked: boolean; seconds: number },
): { text: string; status: number } {
  const text = texts[language]
  ctx.set('Retry-After', String(seconds))
  return { text: locked ? text.locked(Math.ceil(seconds / 60)) : text.wait(seconds), status: 429 }
}
