import type { ReactNode } from 'react'
import type { ContentOf } from '../sdk/manifest.ts'
import { LineView, type Rendering, rowsAt, valueAt } from './cell.tsx'

/** A table, for people who compare columns. */
export function TableView({
  content,
  data,
  ...rendering
}: { content: ContentOf<'table'>; data: unknown } & Rendering): ReactNode {
  return (
    <div className="scroll">
      <table className="table fit">
        <thead>
          <tr>
            {content.columns.map(column => (
              <th key={column.title.en} scope="col" className={column.align === 'end' ? 'num' : undefined}>
                {column.title[rendering.locale]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rowsAt(data, content.rows).map(row => (
            <tr key={String(valueAt(row, content.key))}>
              {content.columns.map(column => (
                <td key={column.title.en} className={column.align === 'end' ? 'num' : undefined}>
                  <LineView line={column.cell} row={row} {...rendering} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
