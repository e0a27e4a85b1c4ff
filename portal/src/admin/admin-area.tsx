import './admin.css'
import { type ComponentType, lazy, type ReactNode, Suspense } from 'react'
import { Navigate, Route, Routes } from 'react-router'
import { loadPage } from '../app/load-page.ts'
import { NotFoundPage, PageFrame } from '../app/page-frame.tsx'
import { useTexts } from '../locales/portal-texts.ts'
import { Button } from '../ui/button.tsx'
import { ErrorBoundary } from '../ui/error-boundary.tsx'
import { Instead } from '../ui/instead.tsx'
import { AdminTabs } from './admin-tabs.tsx'
import { adminPages } from './pages.ts'
import { adminTexts } from './texts.ts'

/** The administrators' part of the portal, with the texts that all its pages use. */
export async function openAdminArea(): Promise<{ Page: ComponentType }> {
  await adminTexts.load()
  return { Page: AdminArea }
}

const pages = adminPages.map(({ path, nested, title, load }) => ({
  path: path.slice('/admin/'.length) + (nested ? '/*' : ''),
  title,
  Lazy: lazy(
    loadPage({
      load: async () => {
        const page = await load()
        await page.texts?.load()
        return page
      },
    }),
  ),
}))

function AdminArea(): ReactNode {
  const t = useTexts()
  return (
    <Routes>
      <Route index element={<Navigate to={adminPages[0]!.path} replace />} />
      {pages.map(({ path, title, Lazy }) => (
        <Route
          key={path}
          path={path}
          element={
            <PageFrame title={t(title)}>
              <ErrorBoundary key={path} fallback={() => <FailedPage />}>
                <Suspense fallback={<WaitingPage />}>
                  <Lazy />
                </Suspense>
              </ErrorBoundary>
            </PageFrame>
          }
        />
      ))}
      <Route path="*" element={<NotFoundPage />} />
    </Routes>
  )
}

function WaitingPage(): ReactNode {
  return (
    <main className="page waiting" id="main" aria-busy="true">
      <AdminTabs />
    </main>
  )
}

function FailedPage(): ReactNode {
  const t = useTexts()
  return (
    <main className="page" id="main">
      <AdminTabs />
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
