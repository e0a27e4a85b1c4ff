import './dictionary.css'
import type { ReactNode } from 'react'
import { Route, Routes } from 'react-router'
import { dictionaryTexts } from './texts.ts'
import { TypePage } from './type-page.tsx'
import { TypesPage } from './types-page.tsx'

export const texts = dictionaryTexts

/** The list of types, and one of them. */
export function Page(): ReactNode {
  return (
    <Routes>
      <Route index element={<TypesPage />} />
      <Route path=":name" element={<TypePage />} />
    </Routes>
  )
}
