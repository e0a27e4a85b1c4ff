import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { useInboxCounts } from '../inbox/use-inbox.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Icon } from '../ui/icon.tsx'
import { useApp } from './app-context.ts'
import { navigation } from './navigation.ts'
import type { PageRoute } from './routes.tsx'

/** The main navigation on a phone. */
export function TabBar({ area }: { area: PageRoute['area'] | undefined }): ReactNode {
  const t = useTexts()
  const { me } = useApp()
  const open = useInboxCounts()?.open ?? 0
  return (
    <nav className={me.administrator ? 'tabbar five' : 'tabbar'} aria-label={t('nav.main')}>
      {navigation(me.administrator).map(entry => (
        <Link key={entry.area} to={entry.to} aria-current={entry.area === area ? 'page' : undefined}>
          <Icon name={entry.icon} />
          {t(entry.label)}
          {entry.area === 'inbox' && open > 0 ? (
            <span className="count" aria-hidden="true">
              {open > 99 ? '99+' : open}
            </span>
          ) : null}
        </Link>
      ))}
    </nav>
  )
}
