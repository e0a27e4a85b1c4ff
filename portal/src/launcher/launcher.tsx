import { type ReactNode, useState } from 'react'
import { useApp } from '../app/app-context.ts'
import { useTexts } from '../locales/portal-texts.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { AppState } from './app-link.tsx'

/** The applications I may open, each in a new tab. */
export function Launcher({ onClose }: { onClose: () => void }): ReactNode {
  const t = useTexts()
  const { apps } = useApp()
  const [text, setText] = useState('')
  const wanted = text.trim().toLowerCase()
  const found = apps.filter(app => `${app.name} ${app.id} ${app.description ?? ''}`.toLowerCase().includes(wanted))
  return (
    <Dialog title={t('launcher.title')} quietTitle isOpen onClose={onClose} place="start" className="launcher">
      <label className="ask">
        <Icon name="search" small />
        <input
          autoFocus
          value={text}
          placeholder={t('launcher.search')}
          aria-label={t('launcher.search')}
          onChange={event => setText(event.target.value)}
        />
      </label>
      <p className="name">{t('launcher.common')}</p>
      <ul className="apps">
        {found.map(app => (
          <li key={app.id}>
            <a href={app.url} target="_blank" rel="noopener" onClick={onClose}>
              {app.name}
              <AppState app={app} />
            </a>
          </li>
        ))}
      </ul>
      {found.length === 0 ? <p className="small dim foot2">{t('launcher.empty')}</p> : null}
      <p className="micro dimmer foot2">{t('launcher.rights')}</p>
    </Dialog>
  )
}
