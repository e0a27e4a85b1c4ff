import { type ReactNode, useEffect, useState } from 'react'
import { Link } from 'react-router'
import { useInboxCounts } from '../inbox/use-inbox.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { IconButton } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { useLocale } from '../ui/use-locale.ts'
import { useApp } from './app-context.ts'
import type { LiveStatus } from './live.ts'
import { Mark } from './mark.tsx'
import { navigation } from './navigation.ts'
import type { PageRoute } from './routes.tsx'
import { UserMenu } from './user-menu.tsx'

type Props = { area: PageRoute['area'] | undefined; wide: boolean; onLauncher: () => void; onPalette: () => void }

export function Masthead({ area, wide, onLauncher, onPalette }: Props): ReactNode {
  const t = useTexts()
  const locale = useLocale()
  const { config, me } = useApp()
  const counts = useInboxCounts()
  const bell = t('bell', { open: counts?.open ?? 0 })
  return (
    <header className={wide ? 'masthead wide' : 'masthead'}>
      <div>
        <IconButton icon="grid" label={t('launcher.open')} onClick={onLauncher} />
        <Link className="brand" to="/">
          <Mark />
          <b>Atrium</b>
          <span>{locale === 'en' ? config.company.en : config.company.zh}</span>
        </Link>
        <nav className="nav" aria-label={t('nav.main')}>
          {navigation(me.administrator).map(entry => (
            <Link key={entry.area} to={entry.to} aria-current={entry.area === area ? 'page' : undefined}>
              {t(entry.label)}
            </Link>
          ))}
        </nav>
        <button type="button" className="find" onClick={onPalette}>
          <Icon name="search" small />
          <span>{t('search.hint')}</span>
          <kbd>{/Mac|iP/.test(navigator.platform) ? '⌘K' : 'Ctrl K'}</kbd>
        </button>
        <div className="tools">
          <LiveMark />
          <IconButton icon="search" label={t('search.open')} className="narrow-only" onClick={onPalette} />
          <Link className="iconic" to="/inbox" aria-label={bell} title={bell}>
            <Icon name="bell" />
            {counts && counts.open > 0 ? (
              <span className="count" aria-hidden="true">
                {counts.open > 99 ? '99+' : counts.open}
              </span>
            ) : null}
          </Link>
          <UserMenu />
        </div>
      </div>
    </header>
  )
}

const toleratedMs = 4000

// Shown only when the interruption lasts: a reconnection in between is nobody's concern.
function LiveMark(): ReactNode {
  const t = useTexts()
  const { live } = useApp()
  const [interrupted, setInterrupted] = useState(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = live.onStatus((status: LiveStatus) => {
      clearTimeout(timer)
      if (status === 'interrupted') timer = setTimeout(() => setInterrupted(true), toleratedMs)
      else setInterrupted(false)
    })
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [live])
  if (!interrupted) return null
  return (
    <span className="iconic interrupted" role="status" title={t('live.interrupted')}>
      <Icon name="plug" />
      <span className="sr">{t('live.interrupted')}</span>
    </span>
  )
}
