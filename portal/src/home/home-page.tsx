import { builtinWidgets } from '@atrium/widgets/builtin'
import { isFor } from '@atrium/widgets/sdk/audience'
import type { ReactNode } from 'react'
import { useApp } from '../app/app-context.ts'
import { columnsOf } from './columns.ts'
import { CompanyWidgets } from './company-widgets.tsx'
import { Lede } from './lede.tsx'
import { SystemsFoot } from './systems-foot.tsx'
import { Waiting } from './waiting.tsx'
import { WidgetSlot } from './widget-slot.tsx'

/** The front page: one sentence, what waits for me, and the widgets that my roles in the systems make mine. */
export function Page(): ReactNode {
  const { me } = useApp()
  const mine = builtinWidgets
    .filter(manifest => isFor(manifest, me.rights))
    .sort((a, b) => (a.order ?? 50) - (b.order ?? 50))
  // Beside the rows that wait there is room for two short sections.
  const beside = mine.slice(0, 2)
  return (
    <main className="page" id="main">
      <Lede />
      <div className="cols">
        <Waiting />
        <div className="w4 stack">
          {beside.map(manifest => (
            <WidgetSlot key={manifest.id} manifest={manifest} className="" />
          ))}
        </div>
        {mine.slice(2).map(manifest => (
          <WidgetSlot key={manifest.id} manifest={manifest} className={columnsOf(manifest)} />
        ))}
        <CompanyWidgets />
      </div>
      <SystemsFoot />
    </main>
  )
}
