import type { ReactNode } from 'react'
import type { ContentOf } from '../sdk/manifest.ts'
import { cellText, LineView, type Rendering, rowsAt, valueAt } from './cell.tsx'

/** Ways out into the systems, each in a new tab. Only web addresses are followed. */
export function LinksView({
  content,
  data,
  ...rendering
}: { content: ContentOf<'links'>; data: unknown } & Rendering): ReactNode {
  return (
    <ul className="rows">
      {rowsAt(data, content.rows).map(row => {
        const address = String(valueAt(row, content.url) ?? '')
        const label = cellText(content.label, row, rendering)?.text ?? address
        return (
          <li key={String(valueAt(row, content.key))}>
            <div className="row2">
              {/^https?:\/\//.test(address) ? (
                <a className="cut" href={address} target="_blank" rel="noopener noreferrer">
                  {label}
                </a>
              ) : (
                <span className="cut">{label}</span>
              )}
              <span className="num small">
                {content.note ? <LineView line={content.note} row={row} {...rendering} /> : null}
              </span>
            </div>
          </li>
        )
      })}
    </ul>
  )
}
