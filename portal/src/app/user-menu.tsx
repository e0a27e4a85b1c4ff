import { type ReactNode, useState } from 'react'
import { useNavigate } from 'react-router'
import { useTexts } from '../locales/portal-texts.ts'
import { activateLocale, type Locale, locales } from '../locales/texts.ts'
import { Menu } from '../ui/menu.tsx'
import { useLocale } from '../ui/use-locale.ts'
import { useApp } from './app-context.ts'
import { applyTheme, storedTheme, storeLocale, type Theme, themes } from './preferences.ts'
import { forgetAnswers } from './use-operation.ts'

/** Theme, language, account, sign out. */
export function UserMenu(): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const go = useNavigate()
  const { me, session } = useApp()
  const [theme, setTheme] = useState<Theme>(storedTheme)
  const name = locale === 'en' ? me.names.en : me.names.zhCN
  return (
    <Menu
      label={t('user.menu', { name })}
      className="who"
      trigger={
        <>
          <i className="face" aria-hidden="true">
            {initials(name)}
          </i>
          <span>{name}</span>
        </>
      }
      groups={[
        {
          title: t('user.theme'),
          entries: themes.map(one => ({
            id: `theme-${one}`,
            label: t(`theme.${one}`),
            checked: one === theme,
            perform: () => {
              applyTheme(one)
              setTheme(one)
            },
          })),
        },
        {
          title: t('user.language'),
          entries: locales.map(one => ({
            id: `locale-${one}`,
            label: t(`locale.${one}`),
            checked: one === locale,
            perform: () => void switchLocale(one),
          })),
        },
        {
          entries: [
            { id: 'account', label: t('user.account'), icon: 'key', perform: () => void go('/account') },
            { id: 'sign-out', label: t('user.signOut'), icon: 'out', perform: () => session.signOut() },
          ],
        },
      ]}
    />
  )
}

/** Changes the language of the page and of what is read from now on. */
export async function switchLocale(locale: Locale): Promise<void> {
  storeLocale(locale)
  forgetAnswers()
  await activateLocale(locale)
}

/** 李娜 → 李, Li Na → LN */
function initials(name: string): string {
  if (/^\p{Script=Han}/u.test(name)) return name.slice(0, 1)
  return name
    .split(/\s+/)
    .map(part => part[0]?.toUpperCase() ?? '')
    .join('')
    .slice(0, 2)
}
