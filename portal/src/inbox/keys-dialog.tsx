import type { ReactNode } from 'react'
import { useTexts } from '../locales/portal-texts.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'

/** The keys of the inbox. */
export function KeysDialog({ onClose }: { onClose: () => void }): ReactNode {
  const t = useTexts()
  const keys = [
    ['J / K', t('inbox.keys.move')],
    ['A', t('inbox.keys.approve')],
    ['E', t('inbox.keys.archive')],
    ['S', t('inbox.keys.snooze')],
    ['U', t('inbox.keys.unread')],
    ['/', t('inbox.keys.search')],
    ['Esc', t('inbox.back')],
  ]
  return (
    <Dialog title={t('inbox.keys')} isOpen onClose={onClose}>
      <dl className="facts padt">
        {keys.map(([key, name]) => (
          <div className="fact" key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{name}</dd>
          </div>
        ))}
      </dl>
      <div className="bar">
        <Button onClick={onClose}>{t('close')}</Button>
      </div>
    </Dialog>
  )
}
