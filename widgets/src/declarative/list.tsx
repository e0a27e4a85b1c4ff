import type { ReactNode } from 'react'
import type { ContentOf, WidgetAction } from '../sdk/manifest.ts'
import { LineView, lineText, type Rendering, rowsAt, valueAt } from './cell.tsx'

type Props = {
  content: ContentOf<'list'>
  data: unknown
  actions: readonly WidgetAction[]
  onAction: (action: WidgetAction, row: unknown) => void
} & Rendering

/** Rows to act on or to read: two lines each, or news. */
export function ListView({ content, data, actions, onAction, ...rendering }: Props): ReactNode {
  const rows = rowsAt(data, content.rows)
  const action = actions[0]
  if (content.look === 'news') {
    return (
      <ul className="rows">
        {rows.map(row => (
          <li className="news" key={String(valueAt(row, content.key))}>
            <span className="strongish">
              <LineView line={content.primary} row={row} {...rendering} />
            </span>
            {content.secondary ? (
              <p>
                <LineView line={content.secondary} row={row} {...rendering} />
              </p>
            ) : null}
          </li>
        ))}
      </ul>
    )
  }
  return (
    <ul className={action ? 'rows tap' : 'rows'}>
      {rows.map(row => (
        <li key={String(valueAt(row, content.key))}>
          <div className="row2">
            {action ? (
              <button
                type="button"
                className="cut rowbutton"
                onClick={() => onAction(action, row)}
                title={lineText(content.primary, row, rendering)}
              >
                <LineView line={content.primary} row={row} {...rendering} />
                <span className="sr">{action.title[rendering.locale]}</span>
              </button>
            ) : (
              <span className="cut" title={lineText(content.primary, row, rendering)}>
                <LineView line={content.primary} row={row} {...rendering} />
              </span>
            )}
            <span className="num">
              {content.figure ? <LineView line={content.figure} row={row} {...rendering} /> : null}
            </span>
            {content.steps ? (
              <span className="sub flexy">
                <Steps content={content.steps} row={row} />
                {content.secondary ? (
                  <span className="cut">
                    <LineView line={content.secondary} row={row} {...rendering} />
                  </span>
                ) : null}
              </span>
            ) : (
              <>
                <span className="sub cut">
                  {content.secondary ? <LineView line={content.secondary} row={row} {...rendering} /> : null}
                </span>
                <span className="sub num">
                  {content.note ? <LineView line={content.note} row={row} {...rendering} /> : null}
                </span>
              </>
            )}
          </div>
        </li>
      ))}
    </ul>
  )
}

const track = 92
const gap = 2

function Steps({ content, row }: { content: NonNullable<ContentOf<'list'>['steps']>; row: unknown }): ReactNode {
  const reached = content.reached[String(valueAt(row, content.path))] ?? 0
  const width = (track - gap * (content.of - 1)) / content.of
  return (
    <svg className="steps" viewBox={`0 0 ${track} 6`} role="img" aria-label={`${reached}/${content.of}`}>
      {Array.from({ length: content.of }, (_, step) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is its index
          key={step}
          x={step * (width + gap)}
          y={1}
          width={width}
          height={4}
          className={step < reached ? 'f1' : 'fempty'}
        />
      ))}
    </svg>
  )
}
