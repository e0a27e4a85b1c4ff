import { useMemo } from 'react'
import { useNavigate } from 'react-router'
import { useApp } from '../app/app-context.ts'
import { applyTheme, themes } from '../app/preferences.ts'
import { routes } from '../app/routes.tsx'
import { switchLocale } from '../app/user-menu.tsx'
import { useTexts } from '../locales/portal-texts.ts'
import { locales } from '../locales/texts.ts'
import type { IconName } from '../ui/icon.tsx'

interface Command {
  id: string
  icon: IconName
  label: string
  note?: string
  perform: () => void
}

/** Pages, applications and actions whose name holds the text; actions only when something is typed. */
export function usePaletteCommands(
  text: string,
  onLauncher: () => void,
): { id: string; title: string; options: Command[] }[] {
  const t = useTexts()
  const go = useNavigate()
  const { me, apps, session } = useApp()
  return useMemo(() => {
    const wanted = text.trim().toLowerCase()
    const holds = ({ label }: Command): boolean => label.toLowerCase().includes(wanted)
    const pages: Command[] = [
      ...routes.flatMap(({ address, title, administrator }): Command[] => {
        if (!address || (administrator && !me.administrator)) return []
        const perform = (): void => void go(address)
        return administrator
          ? [{ id: `page${address}`, icon: 'gear', label: t(title), note: t('nav.admin'), perform }]
          : [{ id: `page${address}`, icon: 'right', label: t(title), perform }]
      }),
      ...me.boards.map(board => ({
        id: `board-${board.id}`,
        icon: 'board' as const,
        label: board.name,
        perform: () => void go(`/boards/${board.id}`),
      })),
      ...apps.map(app => ({
        id: `app-${app.id}`,
        icon: 'out' as const,
        label: app.name,
        perform: () => void window.open(app.url, '_blank', 'noopener'),
      })),
    ]
    const actions: Command[] = wanted
      ? [
          { id: 'launcher', icon: 'grid', label: t('launcher.open'), perform: onLauncher },
          ...themes.map(
            (theme): Command => ({
              id: `theme-${theme}`,
              icon: 'theme',
              label: t('command.theme', { theme: t(`theme.${theme}`) }),
              perform: () => applyTheme(theme),
            }),
          ),
          ...locales.map(
            (locale): Command => ({
              id: `locale-${locale}`,
              icon: 'globe',
              label: t('command.language', { language: t(`locale.${locale}`) }),
              perform: () => void switchLocale(locale),
            }),
          ),
          { id: 'sign-out', icon: 'out', label: t('user.signOut'), perform: () => session.signOut() },
        ]
      : []
    return [
      { id: 'pages', title: t('palette.pages'), options: pages.filter(holds) },
      { id: 'actions', title: t('palette.actions'), options: actions.filter(holds) },
    ].filter(group => group.options.length > 0)
  }, [text, t, go, me, apps, session, onLauncher])
}
