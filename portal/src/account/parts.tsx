import type { ReactNode } from 'react'

/** Short statements in a line, which breaks between them only. */
export function Parts({ of: parts }: { of: readonly string[] }): ReactNode {
  return (
    <p className="sub parts">
      {parts.map(part => (
        <span key={part}>{part}</span>
      ))}
    </p>
  )
}
