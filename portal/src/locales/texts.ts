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
      if (i18n.locale) i18n.loadAndActivate(await merged(i18n.locale as Locale))
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
  i18n.loadAndActivate(await merged(locale))
  document.documentElement.lang = locale
}

async function merged(locale: Locale): Promise<{ locale: Locale; messages: Messages }> {
  const catalogues = await Promise.all([...wanted].map(loaders => loaders[locale]()))
  return { locale, messages: Object.assign({}, ...catalogues) as Messages }
}
