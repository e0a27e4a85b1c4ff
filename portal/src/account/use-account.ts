import { useMemo } from 'react'
import { useApp } from '../app/app-context.ts'
import { createIdpApi, type IdpApi } from '../app/idp-api.ts'
import { type Loaded, useIdp } from '../app/use-idp.ts'
import { i18n } from '../locales/texts.ts'
import type { Account, Text } from './answers.ts'

/** idp's account API, as the person signed in about themself. */
export function useAccountApi(): IdpApi {
  const { config, session } = useApp()
  return useMemo(
    () => createIdpApi(`${new URL(config.issuer).origin}/account`, session, () => i18n.locale),
    [config, session],
  )
}

/** What one address of the account API answers; see useIdp. */
export function useMine<T>(path: string | undefined): Loaded<T> {
  return useIdp<T>(useAccountApi(), path)
}

/** The account at a glance. */
export function useAccount(): Loaded<Account> {
  return useMine<Account>('')
}

/** A text of both languages in the one in use. */
export function inLocale(text: Text): string {
  return i18n.locale === 'en' ? text.en : text.zh
}
