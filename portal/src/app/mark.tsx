import type { ReactNode } from 'react'

/** The plan of a courtyard house, and the character 回. */
export function Mark(): ReactNode {
  return (
    <svg className="mark" viewBox="0 0 20 20" aria-hidden="true">
      <path d="M1.5 1.5h17v17h-17z" />
      <path className="court" d="M6.5 6.5h7v7h-7z" />
    </svg>
  )
}
