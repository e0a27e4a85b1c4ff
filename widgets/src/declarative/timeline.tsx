import type { ReactNode } from 'react'
import type { ContentOf } from '../sdk/manifest.ts'
import { cellText, LineView, type Rendering, rowsAt, valueAt } from './cell.tsx'

/** What happens or happened, by time. */
export function TimelineView({
  content,
  data,
  ...rendering
}: { content: ContentOf<'timeline'>; data: unknown } & Rendering): ReactNode {
  return (
    <ol className="agenda">
      {rowsAt(data, content.rows).map(row => (
        <li key={String(valueAt(row, content.key))}>
          <time>{cellText(content.time, row, rendering)?.text ?? '—'}</time>
          <div>
            <LineView line={content.primary} row={row} {...rendering} />
            {content.secondary ? (
              <p>
                <LineView line={content.secondary} row={row} {...rendering} />
              </p>
            ) : null}
          </div>
          <span className="small dim">
            {content.stamp ? <LineView line={content.stamp} row={row} {...rendering} /> : null}
          </span>
        </li>
      ))}
    </ol>
  )
}
