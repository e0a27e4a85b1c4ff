import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import { Route, Routes, useLocation } from 'react-router'
import { useInboxCounts } from '../inbox/use-inbox.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Button } from '../ui/button.tsx'
import { ErrorBoundary } from '../ui/error-boundary.tsx'
import { Instead } from '../ui/instead.tsx'
import { LiveRegion } from '../ui/live-region.tsx'
import { ToastRegion } from '../ui/toast.tsx'
import { useApp } from './app-context.ts'
import { loadPage } from './load-page.ts'
import { Masthead } from './masthead.tsx'
import { NotFoundPage, PageFrame } from './page-frame.tsx'
import { routes } from './routes.tsx'
import { TabBar } from './tab-bar.tsx'

const pages = routes.map(route => ({ ...route, Lazy: lazy(loadPage(route)) }))
const Launcher = lazy(async () => ({ default: (await import('../launcher/launcher.tsx')).Launcher }))
const Palette = lazy(async () => ({ default: (await import('../search/palette.tsx')).Palette }))

/** Masthead, page, tab bar on a phone; the launcher and the palette above them. */
export function Shell(): ReactNode {
  const t = useTexts()
  const { me } = useApp()
  const [launcher, setLauncher] = useState(false)
  const [palette, setPalette] = useState(false)
  const { pathname } = useLocation()
  usePaletteShortcut(() => setPalette(open => !open))
  const reading = /^\/inbox\/./.test(pathname)
  const area = pages.find(
    page => page.address === pathname || (page.area !== 'home' && pathname.startsWith(`/${page.area}`)),
  )?.area
  return (
    <div className={area === 'inbox' ? `p-inbox${reading ? ' reading' : ''}` : `p-${area ?? 'home'}`}>
      <a className="skip" href="#main">
        {t('skip')}
      </a>
      <Masthead
        area={area}
        wide={area === 'inbox' || area === 'admin'}
        onLauncher={() => setLauncher(true)}
        onPalette={() => setPalette(true)}
      />
      <Routes>
        {pages
          .filter(page => !page.administrator || me.administrator)
          .map(({ path, title, Lazy }) => (
            <Route
              key={path}
              path={path}
              element={
                <PageFrame title={t(title)}>
                  <ErrorBoundary key={path} fallback={() => <FailedPage />}>
                    <Suspense fallback={<main className="page waiting" id="main" aria-busy="true" />}>
                      <Lazy />
                    </Suspense>
                  </ErrorBoundary>
                </PageFrame>
              }
            />
          ))}
        <Route path="*" element={<NotFoundPage />} />
      </Routes>
      <TabBar area={area} />
      <Suspense fallback={null}>
        {launcher ? <Launcher onClose={() => setLauncher(false)} /> : null}
        {palette ? <Palette onClose={() => setPalette(false)} onLauncher={() => setLauncher(true)} /> : null}
      </Suspense>
      <ToastRegion label={t('toasts')} />
      <LiveRegion />
      <UnreadInTitle />
    </div>
  )
}

function FailedPage(): ReactNode {
  const t = useTexts()
  return (
    <main className="page" id="main">
      <Instead
        icon="alert"
        bad
        title={t('page.failed.title')}
        actions={<Button onClick={() => location.reload()}>{t('page.reload')}</Button>}
      >
        {t('page.failed.text')}
      </Instead>
    </main>
  )
}

function usePaletteShortcut(toggle: () => void): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the toggle only calls a state setter
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (!(event.metaKey || event.ctrlKey) || event.key.toLowerCase() !== 'k') return
      event.preventDefault()
      toggle()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
}

// The tab of the browser says how many are open, for people who work in another one.
function UnreadInTitle(): ReactNode {
  const counts = useInboxCounts()
  useEffect(() => {
    const bare = document.title.replace(/^\(\d+\) /, '')
    document.title = counts && counts.open > 0 ? `(${counts.open}) ${bare}` : bare
  }, [counts])
  return null
}
