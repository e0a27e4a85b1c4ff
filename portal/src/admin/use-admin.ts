import { useMemo } from 'react'
import { useApp } from '../app/app-context.ts'
import { type Loaded, useIdp } from '../app/use-idp.ts'
import { i18n, type Locale } from '../locales/texts.ts'
import { type AdminApi, createAdminApi } from './admin-api.ts'
import type { Text } from './answers.ts'

export { type Loaded, useChange } from '../app/use-idp.ts'

/** The admin API of the person signed in. */
export function useAdminApi(): AdminApi {
  const { config, session } = useApp()
  return useMemo(() => createAdminApi(new URL(config.issuer).origin, session, () => i18n.locale), [config, session])
}

/** What one address of the admin API answers; see useIdp. */
export function useAdmin<T>(path: string | undefined, everySeconds = 0): Loaded<T> {
  return useIdp<T>(useAdminApi(), path, everySeconds)
}

/** A text of both languages in the one in use. */
export function inLocale(text: Text): string {
  return (i18n.locale as Locale) === 'en' ? text.en : text.zh
}
