import type { ReactNode } from 'react'
import type { WidgetAction, WidgetManifest } from '../sdk/manifest.ts'
import { type Rendering, rowsAt, valueAt } from './cell.tsx'
import { KpiView } from './kpi.tsx'
import { LinksView } from './links.tsx'
import { ListView } from './list.tsx'
import { ObjectView } from './object.tsx'
import { TableView } from './table.tsx'
import { TimelineView } from './timeline.tsx'
import { TrendView } from './trend.tsx'

export { figureOf } from './kpi.tsx'
export { linePath } from './trend.tsx'

type Props = {
  manifest: WidgetManifest
  data: unknown
  onAction: (action: WidgetAction, row: unknown) => void
} & Rendering

/** What a declarative widget shows of an answer. The frame around it and its states belong to the host. */
export function DeclarativeContent({ manifest, data, onAction, ...rendering }: Props): ReactNode {
  const { content } = manifest
  switch (content.kind) {
    case 'list':
      return (
        <ListView content={content} data={data} actions={manifest.actions ?? []} onAction={onAction} {...rendering} />
      )
    case 'table':
      return <TableView content={content} data={data} {...rendering} />
    case 'kpi':
      return <KpiView content={content} data={data} {...rendering} />
    case 'trend':
      return <TrendView content={content} data={data} {...rendering} />
    case 'object':
      return <ObjectView content={content} data={data} {...rendering} />
    case 'timeline':
      return <TimelineView content={content} data={data} {...rendering} />
    case 'links':
      return <LinksView content={content} data={data} {...rendering} />
  }
}

/** Whether an answer has nothing to show. */
export function isEmpty(manifest: WidgetManifest, data: unknown): boolean {
  const { content } = manifest
  if (content.kind === 'object') return !valueAt(data, content.root)
  if (content.kind === 'kpi') {
    if (content.goals) return rowsAt(data, content.goals.rows).length === 0
    return content.parts ? rowsAt(data, content.parts.rows).length === 0 : false
  }
  return rowsAt(data, content.rows).length === 0
}

/** How many there are in all, for the count beside the name. */
export function totalOf(manifest: WidgetManifest, data: unknown): number | undefined {
  const { content } = manifest
  const total = 'total' in content && content.total ? valueAt(data, content.total) : undefined
  return typeof total === 'number' ? total : undefined
}
