import type { ReactNode } from 'react'
import { useId } from 'react'

type Props = {
  title: string
  count?: number | string | undefined
  /** source and age; no section goes without one */
  dateline: ReactNode
  /** the section's menu */
  menu?: ReactNode
  className?: string
  id?: string
  busy?: boolean
  children: ReactNode
}

/** What other products call a card: one rule above, a name, a dateline; no box. */
export function Section({ title, count, dateline, menu, className = '', id, busy, children }: Props): ReactNode {
  const heading = useId()
  return (
    <section className={`section ${className}`} id={id} aria-labelledby={heading} aria-busy={busy}>
      <header>
        <h2 id={heading}>
          {title}
          {count !== undefined ? <span className="n">{count}</span> : null}
        </h2>
        {dateline}
        {menu}
      </header>
      {children}
    </section>
  )
}
