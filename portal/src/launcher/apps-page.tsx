import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { useApp } from '../app/app-context.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Icon } from '../ui/icon.tsx'
import { AppState } from './app-link.tsx'

/** All applications, with the roles I have there. */
export function Page(): ReactNode {
  const t = useTexts()
  const { apps } = useApp()
  return (
    <main className="page" id="main">
      <header className="opener">
        <h1 className="lede">{t('apps.lede', { count: apps.length })}</h1>
      </header>
      <ul className="appgrid">
        {apps.map(app => (
          <li key={app.id}>
            <a className="applink" href={app.url} target="_blank" rel="noopener">
              <b>
                {app.name}
                <span className="sr"> ({t('app.newTab')})</span>
              </b>
              <span className="dateline">
                <AppState app={app} />
                <Icon name="out" small />
              </span>
              {app.description ? <p>{app.description}</p> : null}
              {app.roles.length > 0 ? <p>{t('apps.roles', { roles: app.roles.join(t('list.comma')) })}</p> : null}
            </a>
          </li>
        ))}
      </ul>
      <p className="small dim padt">
        <Link to="/dictionary">{t('apps.dictionary')}</Link>
      </p>
    </main>
  )
}
