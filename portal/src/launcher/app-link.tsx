import type { ReactNode } from 'react'
import type { App } from '../app/app-context.ts'
import { useTexts } from '../locales/portal-texts.ts'

/** What is wrong with an application's system, in a word; nothing when it is well. */
export function AppState({ app }: { app: App }): ReactNode {
  const t = useTexts()
  if (app.state === 'DOWN') return <span className="bad">{t('app.down')}</span>
  if (app.state === 'SLOW') return <span className="warn">{t('app.slow')}</span>
  if (app.state === 'PAUSED') return <span className="warn">{t('app.paused')}</span>
  return <span>{app.id.toUpperCase()}</span>
}
