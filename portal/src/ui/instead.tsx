import type { ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'

type Props = { icon: IconName; title: string; bad?: boolean; children?: ReactNode; actions?: ReactNode }

/** What a section says instead of its content. */
export function Instead({ icon, title, bad, children, actions }: Props): ReactNode {
  return (
    <div className={bad ? 'instead bad' : 'instead'}>
      <Icon name={icon} />
      <b>{title}</b>
      {children ? <span>{children}</span> : null}
      {actions ? <span className="bar">{actions}</span> : null}
    </div>
  )
}

const widths = ['a', 'b', 'c', 'b']

/** Grey lines where something will be; `rows` keep the room of as many rows of two lines, so that nothing moves when they come. */
export function Skeleton({ lines = 4, rows }: { lines?: number; rows?: number }): ReactNode {
  if (rows !== undefined) {
    return (
      <div className="skelrows" aria-hidden="true">
        {Array.from({ length: rows }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: nothing but rows
          <div key={row}>
            <i className="sk a" />
            <i className="sk b" />
          </div>
        ))}
      </div>
    )
  }
  return (
    <div className="skel" aria-hidden="true">
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: nothing but lines
        <i key={line} className={`sk ${widths[line % widths.length]}`} />
      ))}
    </div>
  )
}

/** What touches the whole page. */
export function Notice({
  icon,
  bad,
  children,
  action,
}: {
  icon: IconName
  bad?: boolean
  children: ReactNode
  action?: ReactNode
}): ReactNode {
  return (
    <div className={bad ? 'notice bad' : 'notice'} role="status">
      <Icon name={icon} />
      <span>{children}</span>
      {action ? <span className="push">{action}</span> : null}
    </div>
  )
}
