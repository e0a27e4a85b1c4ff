import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { Icon } from '../ui/icon.tsx'
import { useAdminTexts } from './texts.ts'

type Props = { title: ReactNode; kicker?: ReactNode; onClose: () => void; children: ReactNode; foot?: ReactNode }

/**
 * What one row of a list says, beside the list where there is room and in its place where there is none. It takes the
 * focus when it opens, closes by Escape, and gives the focus back to the row.
 */
export function Drawer({ title, kicker, onClose, children, foot }: Props): ReactNode {
  const t = useAdminTexts()
  const name = useId()
  const heading = useRef<HTMLHeadingElement>(null)
  // Read while rendering: when one row replaces another, the new row's button has the focus now and will not later.
  const [opener] = useState(() => document.activeElement)
  useEffect(() => {
    heading.current?.focus()
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
    }
  }, [opener])
  const press = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return
    event.preventDefault()
    onClose()
  }
  return (
    <aside className="drawer over" aria-labelledby={name} onKeyDown={press}>
      <div className="dbody">
        <header className="drawerhead">
          <div>
            {kicker && <p className="micro dimmer">{kicker}</p>}
            <h2 className="title" id={name} ref={heading} tabIndex={-1}>
              {title}
            </h2>
          </div>
          <button type="button" className="iconic s" aria-label={t('admin.close')} onClick={onClose}>
            <Icon name="x" />
          </button>
        </header>
        {children}
      </div>
      {foot && <footer className="dfoot">{foot}</footer>}
    </aside>
  )
}
