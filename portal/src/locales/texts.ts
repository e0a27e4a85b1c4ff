import { type Messages, setupI18n } from '@lingui/core'
import { useLingui } from '@lingui/react'
import { useCallback } from 'react'

export type Locale = 'zh-CN' | 'en'
export const locales: readonly Locale[] = ['zh-CN', 'en']

/** Texts by key. The Chinese catalogue defines the keys, the English one must have the same. */
export type Catalogue<Keys extends string = string> = Record<Keys, string>
export type Values = Record<string, string | number>
export type Texts<Keys extends string> = (key: Keys, values?: Values) => string

/** The one catalogue in use; a page's own texts are added when the page is loaded. */
export const i18n = setupI18n()

type Loaders = Record<Locale, () => Promise<Catalogue>>
const wanted = new Set<Loaders>()
let chosen: Locale | undefined

/**
 * Declares a set of texts, loaded per language when first needed and again when the language changes.
 * A lazy page calls `load()` before it renders and `useTexts()` inside.
 */
export function defineTexts<Keys extends string>(
  loaders: Record<Locale, () => Promise<Catalogue<Keys>>>,
): { load(): Promise<void>; useTexts(): Texts<Keys>; text: Texts<Keys> } {
  const text: Texts<Keys> = (key, values) => i18n._(key, values)
  return {
    text,
    async load() {
      wanted.add(loaders)
      await activate()
    },
    useTexts() {
      const { i18n: current } = useLingui()
      // biome-ignore lint/correctness/useExhaustiveDependencies: the function's identity says that the language changed
      return useCallback<Texts<Keys>>((key, values) => current._(key, values), [current, current.locale])
    },
  }
}

/** Switches the language of everything that is loaded. */
export async function activateLocale(locale: Locale): Promise<void> {
  chosen = locale
  await activate()
  document.documentElement.lang = i18n.locale
}

// Pages load side by side, and the language may change meanwhile: who comes back last must not drop what others brought.
async function activate(): Promise<void> {
  const locale = chosen
  if (!locale) return
  const catalogues = await Promise.all([...wanted].map(loaders => loaders[locale]()))
  if (chosen !== locale || wanted.size > catalogues.length) return await activate()
  i18n.loadAndActivate({ locale, messages: Object.assign({}, ...catalogues) as Messages })
}
