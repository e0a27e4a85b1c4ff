import './admin.css'
import type { ComponentType } from 'react'
import type { AdminPage } from './pages.ts'
import { adminTexts } from './texts.ts'

/** A page's code with its own texts and with the texts and the style sheet that all pages of the administrators use. */
export async function openAdminPage(page: AdminPage): Promise<{ Page: ComponentType }> {
  const [loaded] = await Promise.all([page.load(), adminTexts.load()])
  await loaded.texts?.load()
  return loaded
}
