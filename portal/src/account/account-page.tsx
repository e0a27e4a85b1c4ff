import { type ReactNode, useEffect, useRef } from 'react'
import { Link, useLocation } from 'react-router'
import { accountRoutes } from './routes.ts'
import { type AccountKey, useAccountTexts } from './texts.ts'

const tabs: Record<string, AccountKey> = {
  '/account': 'me.tab.profile',
  '/account/security': 'me.tab.security',
  '/account/sessions': 'me.tab.sessions',
  '/account/history': 'me.tab.history',
}

/** The frame of a person's own pages: the way between them, and the sentence that opens each. */
export function AccountPage({ lede, children }: { lede: ReactNode; children: ReactNode }): ReactNode {
  const t = useAccountTexts()
  const { pathname } = useLocation()
  const current = useRef<HTMLAnchorElement>(null)
  // On a phone the tabs are wider than the window.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the current tab is another element then
  useEffect(() => {
    current.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [pathname])
  return (
    <main className="page account" id="main">
      <nav className="tabs metabs" aria-label={t('me.tabs')}>
        {accountRoutes.map(({ path }) => (
          <Link
            key={path}
            to={path}
            ref={path === pathname ? current : null}
            aria-current={path === pathname ? 'page' : undefined}
          >
            {t(tabs[path]!)}
          </Link>
        ))}
      </nav>
      <header className="opener">
        <h1 className="lede">{lede}</h1>
      </header>
      {children}
    </main>
  )
}
