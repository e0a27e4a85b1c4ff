import { lazy, type ReactNode, Suspense } from 'react'
import { Route, Routes } from 'react-router'
import { loadPage } from '../../app/load-page.ts'
import { attachTexts } from './attach/texts.ts'
import { operationTexts } from './operations/texts.ts'
import { Page as SystemsPage } from './systems-page.tsx'

export const texts = {
  load: async (): Promise<void> => {
    await Promise.all([operationTexts.load(), attachTexts.load()])
  },
}

const SystemPage = lazy(loadPage({ load: () => import('./attach/system-page.tsx') }))
const NewSystemPage = lazy(loadPage({ load: () => import('./attach/new-system-page.tsx') }))
const RevisionsPage = lazy(loadPage({ load: () => import('./attach/history/revisions-page.tsx') }))

/** The state of all systems, what was published, attaching a new one, and one system. */
export function Page(): ReactNode {
  return (
    <Suspense fallback={<main className="page" id="main" aria-busy="true" />}>
      <Routes>
        <Route index element={<SystemsPage />} />
        <Route path="new" element={<NewSystemPage />} />
        <Route path="revisions" element={<RevisionsPage />} />
        <Route path=":id" element={<SystemPage />} />
      </Routes>
    </Suspense>
  )
}
