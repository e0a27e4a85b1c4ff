import type { ReactNode } from 'react'
import { Route, Routes } from 'react-router'
import { ApplicationsPage } from './applications-page.tsx'
import { AssistantPage } from './assistant-page.tsx'
import { DetailPage } from './detail-page.tsx'
import { applicationsTexts } from './texts.ts'

export const texts = applicationsTexts

/** The list, the assistant for a new one, and one application. */
export function Page(): ReactNode {
  return (
    <Routes>
      <Route index element={<ApplicationsPage />} />
      <Route path="new" element={<AssistantPage />} />
      <Route path=":id" element={<DetailPage />} />
    </Routes>
  )
}
