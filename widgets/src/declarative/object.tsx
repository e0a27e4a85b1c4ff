import type { ReactNode } from 'react'
import type { ContentOf } from '../sdk/manifest.ts'
import { LineView, lineText, type Rendering, valueAt } from './cell.tsx'

/** The attributes of one thing. */
export function ObjectView({
  content,
  data,
  ...rendering
}: { content: ContentOf<'object'>; data: unknown } & Rendering): ReactNode {
  const root = valueAt(data, content.root)
  return (
    <dl className="facts padt">
      {content.fields
        .filter(field => lineText(field.cell, root, rendering))
        .map(field => (
          <div className="fact" key={field.title.en}>
            <dt>{field.title[rendering.locale]}</dt>
            <dd>
              <LineView line={field.cell} row={root} {...rendering} />
            </dd>
          </div>
        ))}
    </dl>
  )
}
