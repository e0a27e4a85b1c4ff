import { type ReactNode, useState } from 'react'

/** Details whose content is made when they are opened. */
export function OnOpen({ summary, children }: { summary: string; children: ReactNode }): ReactNode {
  const [open, setOpen] = useState(false)
  return (
    <details className="small" onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>{summary}</summary>
      {open && children}
    </details>
  )
}
