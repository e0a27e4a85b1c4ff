import { type ReactNode, useId } from 'react'
import { Link, useLocation } from 'react-router'
import { useTexts } from '../locales/portal-texts.ts'
import { Icon } from '../ui/icon.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { type AdminGroup, adminGroups } from './pages.ts'
import { useAdminTexts } from './texts.ts'

/** The way between the administrators' pages: groups side by side, on a phone behind the name of the page that is open. */
export function AdminTabs(): ReactNode {
  const t = useTexts()
  const at = useAdminTexts()
  const narrow = useNarrow()
  const { pathname } = useLocation()
  const isOpen = (path: string): boolean => pathname === path || pathname.startsWith(`${path}/`)
  const groups = adminGroups.map(group => <Group key={group.id} group={group} isOpen={isOpen} />)
  const label = t('nav.admin')
  if (!narrow) {
    return (
      <nav className="adminnav" aria-label={label}>
        {groups}
      </nav>
    )
  }
  const open = adminGroups
    .flatMap(group => group.pages.map(page => ({ group, page })))
    .find(({ page }) => isOpen(page.path))
  return (
    <details className="adminmenu">
      <summary>
        <span className="dimmer">{open ? at(`admin.group.${open.group.id}`) : label}</span>
        {open && <b>{t(open.page.title)}</b>}
        <Icon name="down" small />
      </summary>
      <nav className="adminnav" aria-label={label}>
        {groups}
      </nav>
    </details>
  )
}

function Group({ group, isOpen }: { group: AdminGroup; isOpen: (path: string) => boolean }): ReactNode {
  const t = useTexts()
  const at = useAdminTexts()
  const name = useId()
  return (
    <div>
      <span className="micro dimmer" id={name}>
        {at(`admin.group.${group.id}`)}
      </span>
      <ul aria-labelledby={name}>
        {group.pages.map(page => (
          <li key={page.path}>
            <Link to={page.path} aria-current={isOpen(page.path) ? 'page' : undefined}>
              {t(page.title)}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  )
}
