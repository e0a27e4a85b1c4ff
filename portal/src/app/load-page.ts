import type { ComponentType } from 'react'
import type { PageRoute } from './routes.tsx'

const reloadedKey = 'atrium.reloaded-at'
const againAfterMs = 60_000

/**
 * A page's code. After a deployment an open tab asks for files that are gone: then the page is loaded anew, once.
 * @returns what React.lazy takes
 */
export function loadPage(route: Pick<PageRoute, 'load'>): () => Promise<{ default: ComponentType }> {
  return async () => {
    try {
      return { default: (await route.load()).Page }
    } catch (error) {
      const last = Number(sessionStorage.getItem(reloadedKey))
      if (Date.now() - last < againAfterMs) throw error
      sessionStorage.setItem(reloadedKey, String(Date.now()))
      location.reload()
      return await new Promise(() => {})
    }
  }
}
