import { useLingui } from '@lingui/react'
import type { Locale } from '../locales/texts.ts'

/** The language in use. */
export function useLocale(): Locale {
  return useLingui().i18n.locale as Locale
}
