import type { Locale } from '../locales/texts.ts'

export type Theme = 'system' | 'light' | 'dark' | 'contrast'
export const themes: readonly Theme[] = ['system', 'light', 'dark', 'contrast']

const themeKey = 'atrium.theme'
const localeKey = 'atrium.locale'

export function storedTheme(): Theme {
  const value = localStorage.getItem(themeKey)
  return themes.find(theme => theme === value) ?? 'system'
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  localStorage.setItem(themeKey, theme)
}

/** The language chosen before, else the browser's. */
export function preferredLocale(languages: readonly string[] = navigator.languages): Locale {
  const chosen = localStorage.getItem(localeKey)
  if (chosen === 'zh-CN' || chosen === 'en') return chosen
  const first = languages.find(language => /^(zh|en)\b/i.test(language))
  return first && /^en/i.test(first) ? 'en' : 'zh-CN'
}

export function storeLocale(locale: Locale): void {
  localStorage.setItem(localeKey, locale)
}
