import { z } from 'zod'

const locales = { zh: z.locales.zhCN().localeError, en: z.locales.en().localeError }

const unstorable = { zh: '含有不能存储的字符', en: 'holds a character that cannot be stored' }

/** A value that a schema takes, or what is wrong with it, in the caller's language. */
export type Checked = { data: unknown } | { errors: { path: string; message: string }[] }

/** Checks what came in at `place`. Null characters and halves of characters are refused everywhere: no database takes them. */
export function faultsOf(schema: z.ZodType, value: unknown, place: string, language: 'zh' | 'en'): Checked {
  const bad = unstorablePath(value, place)
  if (bad !== undefined) return { errors: [{ path: bad, message: unstorable[language] }] }
  const result = schema.safeParse(value, { error: locales[language] })
  if (result.success) return { data: result.data }
  return {
    errors: result.error.issues
      .slice(0, 50)
      .map(issue => ({ path: [place, ...issue.path].join('.'), message: issue.message })),
  }
}

/** Whether the database takes a text. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed()
}

function unstorablePath(value: unknown, path: string): string | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : path
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, inner] of Object.entries(value)) {
    const found = unstorablePath(key, path) ?? unstorablePath(inner, `${path}.${key}`)
    if (found !== undefined) return found
  }
  return undefined
}
