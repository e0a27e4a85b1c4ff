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

/** Grey lines where rows will be. */
export function Skeleton({ lines = 4 }: { lines?: number }): ReactNode {
  const widths = ['a', 'b', 'c', 'b']
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
