import { Link, useLocation } from 'react-router'
import { useTexts } from '../locales/portal-texts.ts'
import { adminRoutes } from './routes.ts'

/** The way between the administrators' pages. */
export function AdminTabs() {
  const t = useTexts()
  const { pathname } = useLocation()
  return (
    <nav className="tabs admintabs" aria-label={t('nav.admin')}>
      {adminRoutes.map(route => (
        <Link key={route.path} to={route.path} aria-current={route.path === pathname ? 'page' : undefined}>
          {t(route.title)}
        </Link>
      ))}
    </nav>
  )
}
